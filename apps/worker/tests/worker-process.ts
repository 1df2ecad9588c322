import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export type WorkerProcess = {
  /** Everything it logged so far. */
  readonly log: () => string;
  /** Waits until `reached` says so; throws, with the log, where the worker ends before or takes longer than `patienceMs`. */
  until(reached: () => Promise<boolean>, patienceMs: number): Promise<void>;
  /** Sends a signal that does not end it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Sends the signal, where one is given, and waits for the end. */
  end(signal?: "SIGTERM" | "SIGKILL"): Promise<{ readonly code: number | null; readonly tookMs: number }>;
};

/** The worker as an operator starts it: a process of its own, told by its environment; or another composition of it. */
export function startWorkerProcess(env: Readonly<Record<string, string>>, main = MAIN): WorkerProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test run that is cut short must not leave it behind.
  const killWithUs = () => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  let log = "";
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    log: () => log,
    async until(reached, patienceMs) {
      const begun = performance.now();
      while (!(await reached())) {
        if (!isRunning()) throw new Error(`the worker ended: ${log}`);
        if (performance.now() - begun > patienceMs) throw new Error(`the worker did not get there: ${log}`);
        await sleep(25);
      }
    },
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      const begun = performance.now();
      const exit = isRunning() ? once(child, "exit") : null;
      if (signal !== undefined) child.kill(signal);
      await exit;
      return { code: child.exitCode, tookMs: performance.now() - begun };
    },
  };
}
