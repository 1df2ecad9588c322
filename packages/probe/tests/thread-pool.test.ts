import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import { unaborted } from "./harness/test-network.ts";

/** As many threads as libuv has where UV_THREADPOOL_SIZE does not say otherwise, and as many again. */
const HELD_UP = 8;

const scene = setUpScene();

/** Keeps every thread of libuv's pool busy until the test is over: a pipe that nobody writes to is opened by each. */
async function holdUpThreadPool(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "thread-pool-"));
  const pipes = Array.from({ length: HELD_UP }, (_, n) => join(folder, `pipe-${n}`));
  execFileSync("mkfifo", pipes);
  const opening = Promise.all(pipes.map((pipe) => open(pipe)));
  onTestFinished(async () => {
    // Opened without waiting, and on this thread: whoever waits for a writer has one now.
    for (const pipe of pipes) await untilOpened(pipe);
    for (const file of await opening) await file.close();
    await rm(folder, { recursive: true });
  });
}

async function untilOpened(pipe: string): Promise<void> {
  for (;;) {
    try {
      closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
      return;
    } catch (error) {
      // Nobody reads it yet: its turn in the pool comes when the ones before it are let go.
      if (!(error instanceof Error && "code" in error && error.code === "ENXIO")) throw error;
      await sleep(5);
    }
  }
}

test("a probe needs no thread of libuv's pool, so its size bounds nothing", async () => {
  const site = await scene.webSite((_request, response) => serve(response));
  const prober = scene.network.proberAt(site.port);
  await holdUpThreadPool();
  const file = stat(tmpdir()).then(() => "a file's turn");
  expect(await Promise.race([file, sleep(200, "the pool is held up")])).toBe("the pool is held up");
  const { end } = await prober.probe(NAME, null, unaborted());
  expect(end).toMatchObject({ kind: "response", status: 200 });
});
