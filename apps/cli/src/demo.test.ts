import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Federation, startFederation } from "@switchboard/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Demo, isDemoRunning, leaveDemo, parseDemo, readDemo } from "./demo.ts";

let folder: string;
let federation: Federation;
let demo: Demo;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-demo-"));
  federation = await startFederation({ names: 1 });
  demo = parseDemo(JSON.stringify(federation));
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await federation.stop();
  await rm(folder, { recursive: true });
});

/** A demo that once had the port of this server. */
async function succeededBy(listener: RequestListener): Promise<Demo> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { ...demo, controlUrl: `http://127.0.0.1:${address.port}` };
}

describe("whether a demo is running", () => {
  test("is asked of its federation itself", async () => {
    expect(await isDemoRunning(demo)).toBe(true);
  });

  test("no other federation is taken for it, even at its ports", async () => {
    const { controlUrl, ...settings } = demo;
    const other = { ...settings, caFile: "/tmp/another/ca.pem" };
    expect(await isDemoRunning(await succeededBy((_, response) => response.end(JSON.stringify(other))))).toBe(false);
    expect(await isDemoRunning({ ...demo, caFile: other.caFile })).toBe(false);
  });

  test("nor is whatever else listens there: silent, endless, or speaking of something else", async () => {
    const strangers = await Promise.all([
      succeededBy(() => {}),
      succeededBy((_, response) => response.end("<html>")),
      succeededBy((_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write("x".repeat(16_384)));
        };
        response.on("drain", more);
        more();
      }),
    ]);
    expect(await Promise.all(strangers.map(isDemoRunning))).toEqual([false, false, false]);
  });

  test("nor nobody", async () => {
    expect(await isDemoRunning({ ...demo, controlUrl: "http://127.0.0.1:1" })).toBe(false);
  });
});

describe("the word that a demo leaves in its data folder", () => {
  test("is read back, is nobody else's to read, and leaves nothing beside it", async () => {
    expect(await readDemo(folder)).toBeNull();
    await leaveDemo(folder, demo);
    expect(await readDemo(folder)).toEqual(demo);
    expect(await readdir(folder)).toEqual(["demo.json"]);
    expect((await stat(join(folder, "demo.json"))).mode & 0o777).toBe(0o600);
  });

  test("is told of where it cannot be used, instead of passing for no demo's", async () => {
    const elsewhere = JSON.stringify({ ...demo, controlUrl: "http://192.0.2.1:80" });
    for (const text of ["", "{}", elsewhere]) {
      await writeFile(join(folder, "demo.json"), text);
      await expect(readDemo(folder)).rejects.toThrow(/demo\.json tells how .* cannot be read: move that folder away/);
    }
  });
});
