import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";

/** Runs `body` in a process of its own, where signals and exits are real. Resolves once it printed "ready". */
async function start(body: string) {
  const program = `
    import { setTimeout as sleep } from "node:timers/promises";
    import { createLogger, runUntilSignal } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
    const log = createLogger({ name: "test", level: "info", destination: "stderr" });
    await runUntilSignal(log, async (signal) => {
      const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
      const alive = setInterval(() => {}, 1000);
      console.log("ready");
      ${body}
      clearInterval(alive);
    });
    console.log("over");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return { child, end: () => endOf(child, stdout, stderr) };
}

async function endOf(child: ChildProcess, stdout: Promise<string>, stderr: Promise<string>) {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { code: child.exitCode, killedBy: child.signalCode, stdout: await stdout, stderr: await stderr };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s aborts the signal, and the run ends in its own time", async (name) => {
  const { child, end } = await start(`await stopped; await sleep(50); console.log(signal.reason.message);`);
  child.kill(name);
  expect(await end()).toMatchObject({ code: 0, stdout: `ready\nstopped by ${name}\nover\n` });
});

test("an echo of the first signal is ignored, a later one exits at once", async () => {
  const { child, end } = await start(`await stopped; await sleep(60_000);`);
  child.kill("SIGINT");
  await sleep(100);
  child.kill("SIGTERM");
  await sleep(1_100);
  expect(child.exitCode).toBeNull();
  child.kill("SIGINT");
  expect(await end()).toMatchObject({ code: 130, stdout: "ready\n" });
});

test.each([
  ["thrown by the run", `throw new Error("unexpected");`],
  ["thrown in a timer", `setTimeout(() => { throw new Error("unexpected"); }); await stopped;`],
  ["a rejection nobody awaits", `Promise.reject(new Error("unexpected")); await stopped;`],
])("%s: logged once, exit status 1", async (_, body) => {
  const { end } = await start(body);
  const { code, stderr } = await end();
  expect(code).toBe(1);
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 60, err: { type: "Error", message: "unexpected" } });
});

test("the reason of the stop, thrown by the run, is no error", async () => {
  const { child, end } = await start(`await stopped; clearInterval(alive); signal.throwIfAborted();`);
  child.kill("SIGTERM");
  expect(await end()).toMatchObject({ code: 0, stdout: "ready\nover\n", stderr: "" });
});
