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

/** Those under way that one signal cuts short. One listener for all: a signal looks through all it has to take one more. */
type Cohort = { readonly deadlines: Set<Deadline>; readonly cutShort: () => void };

export function createDeadlineRuns(deadlineMs: number): DeadlineRuns {
  const inFlight = new Map<Deadline, Promise<unknown>>();
  const cohorts = new Map<AbortSignal, Cohort>();
  let closed = false;

  /** Has the signal cut the deadline short until what is answered is called. */
  function join(signal: AbortSignal, deadline: Deadline): () => void {
    const cohort = cohorts.get(signal) ?? startCohort(signal);
    cohort.deadlines.add(deadline);
    return () => {
      cohort.deadlines.delete(deadline);
      if (cohort.deadlines.size > 0) return;
      cohorts.delete(signal);
      signal.removeEventListener("abort", cohort.cutShort);
    };
  }

  function startCohort(signal: AbortSignal): Cohort {
    const deadlines = new Set<Deadline>();
    const cohort: Cohort = {
      deadlines,
      cutShort() {
        for (const deadline of deadlines) deadline.abort(signal.reason);
      },
    };
    signal.addEventListener("abort", cohort.cutShort);
    cohorts.set(signal, cohort);
    return cohort;
  }

  return {
    async run(signal, work) {
      if (closed) throw new ProberClosed();
      signal.throwIfAborted();
      const deadline = startDeadline(deadlineMs);
      const leave = join(signal, deadline);
      const running = work(deadline);
      inFlight.set(deadline, running);
      try {
        return await running;
      } finally {
        inFlight.delete(deadline);
        deadline.dispose();
        leave();
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
