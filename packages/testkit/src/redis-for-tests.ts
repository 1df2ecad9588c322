import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findTool } from "./required-tool.ts";

export type RedisForTests = {
  readonly url: string;
  /** Takes it away from its clients: it hangs, or it is gone with all it held. Answers how to bring it back, at the same address. */
  halt(how: "frozen" | "gone"): Promise<() => Promise<void>>;
  stop(): Promise<void>;
};

const ATTEMPTS = 3;

/**
 * A private Redis (or Valkey) on a free port, without persistence; null, loudly, where none is installed (see
 * `findTool`). To be called at the top of a test file: `describe.skipIf(redis === null)`.
 */
export async function redisForTests(): Promise<RedisForTests | null> {
  const program = findTool("redis");
  if (program === null) return null;
  const folder = await mkdtemp(join(tmpdir(), "switchboard-redis-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    let server = await startServer({ program, port, folder });
    if (server !== null) {
      return {
        url: `redis://127.0.0.1:${port}`,
        async halt(how) {
          if (how === "frozen") {
            server?.child.kill("SIGSTOP");
            return async () => void server?.child.kill("SIGCONT");
          }
          await server?.end();
          return async () => {
            server = await startServer({ program, port, folder });
            if (server === null) throw new Error(`${program} did not start again`);
          };
        },
        async stop() {
          await server?.end();
          await rm(folder, { recursive: true, force: true });
        },
      };
    }
    if (attempt === ATTEMPTS) throw new Error(`${program} did not start`);
  }
}

/** Starts the server; null where it ends at once, as where the port is taken. */
async function startServer({ program, port, folder }: { program: string; port: number; folder: string }) {
  const child = spawn(
    program,
    ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  // A run that is killed or cut short must not leave it behind.
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  if (!(await isReady(child))) return null;
  return {
    child,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function isReady(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) return false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes("Ready to accept connections")) {
      child.stdout.resume();
      return true;
    }
  }
  return false;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("the system gave no port"));
      });
    });
  });
}
