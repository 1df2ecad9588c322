import type { Logger } from "./logger.ts";

/** A terminal, npm and a supervisor each pass on the same Ctrl-C: repeats this soon after the first are echoes, not impatience. */
const ECHO_MS = 1_000;

/** The reason an aborted signal carries when the process was asked to stop. */
export class StopRequested extends Error {
  override readonly name = "StopRequested";
}

/**
 * Runs a process' whole life. `run` is given a signal that aborts, with a `StopRequested`, on the first SIGINT or SIGTERM,
 * and is expected to settle soon after; a later one exits at once (128 + the signal's number). Whatever nobody caught, be it
 * thrown by `run` or elsewhere, is logged once and exits with status 1.
 */
export async function runUntilSignal(log: Logger, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  let stoppedAtMs = 0;

  const onSignal = (name: "SIGINT" | "SIGTERM", number: number) => () => {
    if (!stop.signal.aborted) {
      stoppedAtMs = performance.now();
      stop.abort(new StopRequested(`stopped by ${name}`));
    } else if (performance.now() - stoppedAtMs > ECHO_MS) {
      process.exit(128 + number);
    }
  };
  const onUncaught = (error: unknown) => {
    log.fatal({ err: error }, "stopped by an error nobody expected");
    process.exit(1);
  };
  const listeners = [
    ["SIGINT", onSignal("SIGINT", 2)],
    ["SIGTERM", onSignal("SIGTERM", 15)],
    ["uncaughtException", onUncaught],
    ["unhandledRejection", onUncaught],
  ] as const;

  for (const [event, listener] of listeners) process.on(event, listener);
  try {
    await run(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) onUncaught(error);
  } finally {
    for (const [event, listener] of listeners) process.off(event, listener);
  }
}
