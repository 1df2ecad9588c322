import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Program = {
  readonly pid: number;
  /** Waits for the next line on its standard output that `isIt`. Rejects, with its last words, where the program ends before. */
  line(isIt: (line: string) => boolean): Promise<string>;
  /** Sends a line to its standard input. */
  tell(line: string): void;
  /** Asks it to stop, and kills it where it does not; resolves when it is gone. */
  stop(): Promise<void>;
};

const STOP_MS = 12_000;
const LAST_WORDS = 2_000;

/**
 * Starts a program of ours under this Node, its standard input a pipe. It is killed when this process ends, however it
 * ends in order; `signal` only cuts waiting short, whoever starts a program stops it.
 */
export function startProgram(options: {
  readonly name: string;
  readonly entry: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Program {
  const { name, entry, args = [], nodeArgs = [], env = {}, signal } = options;
  const child = spawn(process.execPath, [...nodeArgs, entry, ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C reaches us only, so that things stop in the right order.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const killWithUs = () => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  void exited.then(() => process.off("exit", killWithUs));
  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  // A program that is gone cannot be told anything; that it is gone is noticed elsewhere.
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout });
  return {
    pid,
    async line(isIt) {
      const waiting = new AbortController();
      const ended = exited.then(() => {
        throw new Error(`${name} ended: ${lastWords.trim()}`);
      });
      try {
        const patience = AbortSignal.any([signal, waiting.signal]);
        return await Promise.race([nextLine(lines, isIt, patience), ended]);
      } finally {
        waiting.abort();
      }
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const killing = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(killing);
    },
  };
}

async function nextLine(
  lines: ReturnType<typeof createInterface>,
  isIt: (line: string) => boolean,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const [line] = await once(lines, "line", { signal });
    if (typeof line === "string" && isIt(line)) return line;
  }
}
