import { type Deadline, startDeadline } from "./deadline.ts";

/** Work under way, each piece with a deadline of its own, all of which can be cut short. */
export type DeadlineRuns = {
  /**
   * Runs a piece of work. Its deadline is aborted with the signal's reason where that is aborted, and with
   * {@link ProberClosed} on `close`; after that it rejects at once.
   */
  run<T>(signal: AbortSignal, work: (deadline: Deadline) => Promise<T>): Promise<T>;
  /** Cuts short what is in flight and waits until it has ended. */
  close(): Promise<void>;
};

/** What a probe rejects with whose prober was closed: it has no outcome. */
export class ProberClosed extends Error {
  override readonly name = "ProberClosed";
  constructor() {
    super("the prober is closed");
  }
}

export function createDeadlineRuns(deadlineMs: number): DeadlineRuns {
  const inFlight = new Map<Deadline, Promise<unknown>>();
  let closed = false;
  return {
    async run(signal, work) {
      if (closed) throw new ProberClosed();
      signal.throwIfAborted();
      const deadline = startDeadline(deadlineMs);
      const cutShort = () => deadline.abort(signal.reason);
      signal.addEventListener("abort", cutShort);
      const running = work(deadline);
      inFlight.set(deadline, running);
      try {
        return await running;
      } finally {
        inFlight.delete(deadline);
        deadline.dispose();
        signal.removeEventListener("abort", cutShort);
      }
    },
    async close() {
      closed = true;
      const ended = Promise.allSettled(inFlight.values());
      for (const deadline of inFlight.keys()) deadline.abort(new ProberClosed());
      await ended;
    },
  };
}
