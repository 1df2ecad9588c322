import { startTimeout } from "./timeout.ts";

/** What a deadline's signal is aborted with when the time is over. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** A stopwatch with a limit, which can be paused: one for a whole probe. Times in milliseconds, pauses left out. */
export type Deadline = {
  /** Aborted with {@link DeadlineExceeded} when the time is over, else with what {@link Deadline.abort} was given. */
  readonly signal: AbortSignal;
  elapsedMs(): number;
  /** Runs `wait` with the stopwatch stopped: waiting for our own limits is not the server's time. */
  outside<T>(wait: () => Promise<T>): Promise<T>;
  abort(reason: unknown): void;
  /** Stops the timer. Whoever starts a deadline disposes of it. */
  dispose(): void;
};

/** Starts a deadline of `limitMs`. */
export function startDeadline(limitMs: number): Deadline {
  const controller = new AbortController();
  const startedAt = performance.now();
  let pausedAt: number | null = null;
  let pausedMs = 0;
  let timer = startTimeout(limitMs, expire);

  function elapsedMs(): number {
    return (pausedAt ?? performance.now()) - startedAt - pausedMs;
  }

  function expire(): void {
    controller.abort(new DeadlineExceeded(`not finished within ${limitMs} ms`));
  }

  return {
    signal: controller.signal,
    elapsedMs,
    async outside(wait) {
      timer.clear();
      const from = performance.now();
      pausedAt = from;
      try {
        return await wait();
      } finally {
        pausedMs += performance.now() - from;
        pausedAt = null;
        if (!controller.signal.aborted) timer = startTimeout(Math.max(0, limitMs - elapsedMs()), expire);
      }
    },
    abort(reason) {
      timer.clear();
      controller.abort(reason);
    },
    dispose() {
      timer.clear();
    },
  };
}

/** Starts a deadline of `limitMs` inside another: over when either is. Pausing it pauses both. */
export function startPart(whole: Deadline, limitMs: number): Deadline {
  const part = startDeadline(limitMs);
  const stop = () => part.abort(whole.signal.reason);
  if (whole.signal.aborted) stop();
  whole.signal.addEventListener("abort", stop);
  return {
    ...part,
    outside: (wait) => part.outside(() => whole.outside(wait)),
    dispose() {
      whole.signal.removeEventListener("abort", stop);
      part.dispose();
    },
  };
}
