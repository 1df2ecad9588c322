const LOOK_MS = 500;

/**
 * Stops this process as a signal would when npm, which started it, is gone. npm passes a SIGTERM on to its shell only, and
 * the shell dies of it without a word to us: `npm start` under a supervisor would leave everything running.
 */
export function endWithNpm(variables: Readonly<Record<string, string | undefined>>): void {
  if (variables["npm_lifecycle_event"] === undefined) return;
  const launcher = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_MS);
  timer.unref();
}
