import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SECOND_MS, toPrintable } from "@switchboard/domain";
import { COMPILE_CACHE, NODE_FLAGS } from "@switchboard/runtime";
import { openLogFile, readLastWords, trimLogFile } from "./log-file.ts";

export type ChildOptions = {
  readonly name: string;
  /** Path of the program's entry. */
  readonly entry: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where its output goes: it must have a reader even when this process is killed. */
  readonly logFile: string;
  readonly say: (line: string) => void;
};

export type SupervisedChild = {
  /** Asks it to stop and resolves when it has; kills it where it does not. */
  stop(): Promise<void>;
};

const PRELOAD = new URL("end-with-parent.ts", import.meta.url).href;
const FIRST_PAUSE_MS = SECOND_MS;
const LONGEST_PAUSE_MS = 30 * SECOND_MS;
/** After running so long, a crash counts as the first again. */
const STEADY_MS = 60 * SECOND_MS;
/** The worker takes ten seconds at most to finish or hand back what is in flight. */
const STOP_MS = 12 * SECOND_MS;
const TRIM_EVERY_MS = 60 * SECOND_MS;

/**
 * Runs a program of ours as a child process and starts it again, after a growing pause, whenever it ends by itself. The
 * child has a process group of its own, so that Ctrl-C reaches only us and things stop in the right order.
 */
export function superviseChild({ name, entry, variables, logFile, say }: ChildOptions): SupervisedChild {
  const stopping = new AbortController();
  let child: ChildProcess | null = null;

  function start(): ChildProcess {
    const log = openLogFile(logFile);
    try {
      return spawn(process.execPath, [...NODE_FLAGS, "--import", PRELOAD, entry], {
        env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...variables },
        stdio: ["pipe", log, log],
        detached: process.platform !== "win32",
        windowsHide: true,
      });
    } finally {
      closeSync(log);
    }
  }

  async function keepRunning(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      child = start();
      const end = await waitForEnd(child);
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      const last = await readLastWords(logFile).catch(() => null);
      const words = last === null ? "" : `: ${toPrintable(last, 300)}`;
      say(`the ${name} ended (${end})${words}; it is started again in ${pauseMs / SECOND_MS} s; its log is ${logFile}`);
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  const trimming = setInterval(() => trimLogFile(logFile), TRIM_EVERY_MS);
  trimming.unref();
  const running = keepRunning();

  return {
    async stop() {
      clearInterval(trimming);
      stopping.abort();
      child?.kill("SIGTERM");
      const killing = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
      await running;
      clearTimeout(killing);
    },
  };
}

/** How a child ended, in words. */
async function waitForEnd(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, "exit");
    return code === null ? `killed by ${signal}` : `status ${code}`;
  } catch (error) {
    return String(error);
  }
}
