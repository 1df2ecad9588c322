import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { startFederationProcess } from "../src/index.ts";

const MAIN = fileURLToPath(import.meta.resolve("@switchboard/simulator/main"));

const children: ChildProcess[] = [];

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  return child;
}

async function announced(child: ReturnType<typeof run>): Promise<Record<string, string>> {
  const [line] = await once(createInterface(child.stdout), "line");
  return JSON.parse(line);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("main", () => {
  it("announces where it is in one line, and stops when its input ends", async () => {
    const child = run("--names", "25");
    const line = await announced(child);
    expect(line).toEqual({
      dnsServer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      wellKnownPort: expect.any(Number),
      caFile: expect.stringContaining("ca.pem"),
      allowNetworks: ["127.0.0.0/8"],
      controlUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      namesFile: expect.stringContaining("names.txt"),
      names: 25,
    });
    expect(readFileSync(`${line["namesFile"]}`, "utf8").split("\n")).toHaveLength(26);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(`${line["caFile"]}`)).toBe(false);
  });

  it("serves a folder of documents, and stops on SIGTERM", async () => {
    const directory = await mkdtemp(join(tmpdir(), "documents-"));
    await writeFile(join(directory, "example.org.json"), "{}");
    const child = run("--documents", directory);
    const line = await announced(child);
    const servers = await (await fetch(`${line["controlUrl"]}/servers`)).json();
    expect(servers).toMatchObject([{ serverName: "example.org", behaviour: { family: "verbatim" }, truth: null }]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await rm(directory, { recursive: true });
  });

  it("refuses in one line what it cannot be", async () => {
    const child = run("--documents", "/nowhere");
    const [line] = await once(createInterface(child.stderr), "line");
    expect(line).toContain("/nowhere");
    expect(await once(child, "exit")).toEqual([2, null]);
  });
});

describe("startFederationProcess", () => {
  it("runs a federation that can be read and changed from outside", async () => {
    const federation = await startFederationProcess(["--names", "250", "--mix", "even"]);
    const servers = await federation.servers();
    expect(servers).toHaveLength(federation.names);
    expect(new Set(servers.map(({ behaviour }) => behaviour.family)).size).toBe(10);
    await federation.setBehaviour("alder.fed.test", { family: "absent", how: "gone" });
    const alder = (await federation.servers()).find(({ serverName }) => serverName === "alder.fed.test");
    expect(alder?.truth).toEqual({ kind: "absent" });
    expect(await federation.requestCount("alder.fed.test")).toMatchObject({ requests: 0 });
    expect(await federation.loads()).toEqual([]);
    await expect(federation.requestCount("nobody.fed.test")).rejects.toThrow("404");
    await federation.stop();
    expect(existsSync(federation.caFile)).toBe(false);
  });

  it("says why it does not start", async () => {
    await expect(startFederationProcess(["--names", "many"])).rejects.toThrow("--names many");
  });
});
