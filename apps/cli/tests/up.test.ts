import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attachPostgres } from "@switchboard/postgres";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PATIENCE_MS, startUp, stopEveryUp, stopUp, type Up } from "./start-up.ts";

/** A test is several of them. */
const TEST_MS = 3 * PATIENCE_MS;

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "switchboard up-"));
});
afterEach(async () => {
  await stopEveryUp();
  await rm(dataDir, { recursive: true, force: true });
});

const start = (args: readonly string[], variables: Record<string, string> = {}): Up =>
  startUp(args, { SWITCHBOARD_DATA_DIR: dataDir, ...variables });

function urlOf(printed: string): string {
  return /Switchboard is at (\S+)/.exec(printed)?.[1] ?? "";
}

/** The processes whose parent is `pid` and whose command line holds `text`. */
function findChildren(pid: number | undefined, text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1];
        return Number(parent) === pid && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe("up --demo", () => {
  test(
    "fills a directory, answers over HTTP, survives the death of its parts, and stops cleanly",
    async () => {
      const up = start(["--demo", "--names", "100"]);
      const printed = await up.saw(/every server was probed[\s\S]*for example (\S+)/);
      await up.saw(/Switchboard is at/);
      const url = urlOf(up.printed());
      const example = /for example (\S+)/.exec(printed)?.[1] ?? "";
      expect(await (await fetch(example)).json()).toMatchObject({ revision: 1, condition: { state: "document" } });
      expect(await (await fetch(`${url}/v1/stats`)).json()).toMatchObject({ names: 100, unprobed: 0 });
      // What the servers run is read after that, one by one.
      await expect
        .poll(async () => (await fetch(example)).json(), { timeout: PATIENCE_MS })
        .toMatchObject({ software: { checkedAt: expect.any(String) } });

      if (process.platform === "linux") {
        for (const part of ["apps/worker", "apps/api"]) {
          const [pid] = findChildren(up.child.pid, part);
          if (pid === undefined) throw new Error(`no ${part}`);
          process.kill(pid, "SIGKILL");
          await expect.poll(() => findChildren(up.child.pid, part), { timeout: PATIENCE_MS }).not.toEqual([pid]);
        }
        // Each is told as it is noticed, in either order.
        for (const part of ["worker", "api"]) await up.saw(`the ${part} ended (killed by SIGKILL)`);
        const postmaster = join(dataDir, "demo", "postgres", "cluster", "postmaster.pid");
        process.kill(Number(readFileSync(postmaster, "utf8").split("\n")[0]), "SIGKILL");
        await up.saw(/Postgres \(process \d+\) has died; starting it again/);
        await expect
          .poll(async () => (await fetch(`${url}/v1/stats`).catch(() => null))?.ok, { timeout: PATIENCE_MS })
          .toBe(true);
      }

      expect(await stopUp(up)).toBe(0);
      expect(await attachPostgres({ dataDir: join(dataDir, "demo") })).toBeNull();
      await expect(fetch(url)).rejects.toThrow();
    },
    TEST_MS,
  );

  test.runIf(process.platform === "linux")(
    "after a silence at the beginning, says so, and says all the same when every server was probed",
    async () => {
      const up = start(["--demo", "--names", "60"]);
      let worker: number | undefined;
      await expect
        .poll(
          () => {
            [worker] = findChildren(up.child.pid, "apps/worker");
            return worker;
          },
          { timeout: PATIENCE_MS, interval: 20 },
        )
        .toBeDefined();
      process.kill(Number(worker), "SIGSTOP");
      try {
        await up.saw(/none of 60 servers could be reached yet/);
      } finally {
        process.kill(Number(worker), "SIGCONT");
      }
      await up.saw(/every server was probed at least once/);
      expect(await stopUp(up)).toBe(0);
    },
    TEST_MS,
  );

  test.runIf(process.platform === "linux")(
    "killed outright, leaves no worker or api behind, and the next one starts anew",
    async () => {
      const first = start(["--demo", "--names", "60"]);
      await first.saw(/Switchboard is at/);
      const parts = [...findChildren(first.child.pid, "apps/"), ...findChildren(first.child.pid, "simulator")];
      expect(parts).toHaveLength(3);
      first.child.kill("SIGKILL");
      await expect.poll(() => parts.filter((pid) => isAlive(pid)), { timeout: PATIENCE_MS }).toEqual([]);
      const second = start(["--demo", "--names", "60"]);
      await second.saw(/60 server names: 60 new and queued/);
      await second.saw(/Switchboard is at/);
      expect(await stopUp(second)).toBe(0);
    },
    TEST_MS,
  );
});

describe("up", () => {
  test(
    "says so where there is no network, keeps running, and goes on where it left off",
    async () => {
      // A resolver that nobody listens at: what a machine without a network comes to, without asking the network.
      const offline = { SWITCHBOARD_DNS_SERVERS: "127.0.0.1:1", SWITCHBOARD_PROBE_DEADLINE_MS: "1000" };
      const first = start([], offline);
      await first.saw(
        /none of \d+ servers could be reached yet; is this machine offline\? `npm run demo` needs no network/,
      );
      await first.saw(/Switchboard is at/);
      expect(first.printed()).toContain("servers that are asked cannot tell by whom: set SWITCHBOARD_OPERATOR_CONTACT");
      const listing = await fetch(`${urlOf(first.printed())}/v1/servers/matrix.org`);
      expect(await listing.json()).toMatchObject({ serverName: "matrix.org", condition: { state: "unprobed" } });
      const rival = start([], offline);
      expect((await once(rival.child, "exit"))[0]).toBe(3);
      expect(rival.printed()).toMatch(new RegExp(`is in use by process ${first.child.pid} `));
      expect(await stopUp(first)).toBe(0);

      const second = start([], { ...offline, SWITCHBOARD_OPERATOR_CONTACT: "admin@example.org" });
      expect(await second.saw(/server names: \d+ new/)).toMatch(/: 0 new and queued, \d{3} known already/);
      expect(second.printed()).not.toContain("cannot tell by whom");
      expect(await stopUp(second)).toBe(0);
    },
    TEST_MS,
  );
});

function isAlive(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
