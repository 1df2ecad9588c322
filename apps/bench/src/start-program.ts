import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type Program = {
  readonly pid: number;
  /**
   * The next line on its standard output that `isIt`; those before it are gone. Rejects where `signal` aborts, and with
   * the program's last words where it ends first.
   */
  line(isIt: (line: string) => boolean): Promise<string>;
  /** Throws where it has ended, or complains again and again. */
  expectWell(): void;
  /** From now on its standard output is thrown away: to read a line for every request would cost whoever measures it. */
  mute(): void;
  /** Asks it to stop, and kills it where it does not; resolves when it is gone. */
  stop(): Promise<void>;
};

type Waiter = {
  readonly isIt: (line: string) => boolean;
  readonly resolve: (line: string) => void;
};

const STOP_MS = 12_000;
const MAX_LAST_WORDS = 2_000;
const MAX_UNREAD_LINES = 1_000;
/** A busy machine brings about a few; what cannot work at all, many. */
const MAX_COMPLAINTS = 20;

/**
 * Starts a program of ours under this Node. Its output is read all along, so that it never waits for us. It is killed when
 * this process ends; until then whoever starts a program stops it.
 */
export function startProgram(options: {
  readonly name: string;
  readonly entry: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether a line on its standard output says that something went wrong; none does where not given. */
  readonly isComplaint?: (line: string) => boolean;
  readonly signal: AbortSignal;
}): Program {
  const { name, entry, args = [], nodeArgs = [], env = {}, isComplaint = () => false, signal } = options;
  const child = spawn(process.execPath, [...nodeArgs, entry, ...args], {
    env,
    // The pipe to its standard input tells a program that looks at it when we are gone.
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
  const hear = (text: string) => {
    lastWords = (lastWords + text).slice(-MAX_LAST_WORDS);
  };
  child.stderr.setEncoding("utf8").on("data", hear);
  const unread: string[] = [];
  let waiter: Waiter | null = null;
  let complaints = 0;
  const lines = createInterface({ input: child.stdout }).on("line", (line) => {
    // A worker says on its log why it ends.
    hear(`${line}\n`);
    if (isComplaint(line)) complaints += 1;
    unread.push(line);
    if (unread.length > MAX_UNREAD_LINES) unread.shift();
    deliver();
  });

  function hasEnded(): boolean {
    return child.exitCode !== null || child.signalCode !== null;
  }

  function deliver(): void {
    if (waiter === null) return;
    for (let line = unread.shift(); line !== undefined; line = unread.shift()) {
      if (!waiter.isIt(line)) continue;
      waiter.resolve(line);
      return;
    }
  }

  return {
    pid,
    async line(isIt) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const stop = () => reject(signal.reason);
      signal.throwIfAborted();
      signal.addEventListener("abort", stop);
      void exited.then(() => reject(new Error(`${name} ended: ${lastWords.trim() || "it said nothing"}`)));
      waiter = { isIt, resolve };
      deliver();
      try {
        return await promise;
      } finally {
        waiter = null;
        signal.removeEventListener("abort", stop);
      }
    },
    expectWell() {
      if (complaints > MAX_COMPLAINTS) throw new Error(`${name} complains: ${lastWords.trim()}`);
      if (hasEnded()) throw new Error(`${name} ended: ${lastWords.trim() || "it said nothing"}`);
    },
    mute() {
      lines.close();
      child.stdout.resume();
    },
    async stop() {
      if (hasEnded()) return;
      child.kill("SIGTERM");
      const killing = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(killing);
    },
  };
}
