import { PLAUSIBLE_MIX, type ServerDescription, startFederation } from "@switchboard/simulator";
import type { Store } from "@switchboard/store";
import { Pool } from "pg";
import { expect, onTestFinished } from "vitest";
import { openDirectory, serverName } from "./directory.ts";
import { judgeHistory } from "./history-oracle.ts";
import { readHistory } from "./history-rows.ts";
import { startWorkerProcess } from "./worker-process.ts";

/** Servers that answer at once, in every way there is to do that. */
export function promptServers(count: number): ServerDescription[] {
  return Array.from({ length: count }, (_, n) => ({
    serverName: `server${n}.fed.test`,
    behaviour: PLAUSIBLE_MIX[n % PLAUSIBLE_MIX.length]?.behaviour ?? { family: "absent", how: "not-found" },
  }));
}

/** Servers of which one in so many never answers: there is always a probe in flight. */
export function withSilentServers(servers: readonly ServerDescription[], oneIn: number): ServerDescription[] {
  return servers.map((server, n) =>
    n % oneIn === 0 ? { ...server, behaviour: { family: "connection", how: "no-answer" } } : server,
  );
}

/** Whatever a test opens, in the reverse order of its opening, is closed when this is called back. */
export type CleanUp = (close: () => Promise<void>) => void;

/**
 * A simulated federation of these servers, a directory in which all of them are due, and workers at will; all gone with
 * the test. Tests that run at the same time give their own `cleanUp`; `databaseUrl` is for a server of a test's own.
 */
export async function startCrawl(
  redisUrl: string | null,
  servers: readonly ServerDescription[],
  {
    cleanUp = onTestFinished,
    databaseUrl: ownDatabaseUrl = null,
  }: { cleanUp?: CleanUp; databaseUrl?: string | null } = {},
) {
  const federation = await startFederation({ names: servers });
  cleanUp(federation.stop);
  const directory = await openDirectory(ownDatabaseUrl);
  cleanUp(directory.close);
  const { store, databaseUrl } = directory;
  const names = federation.names();
  const since = Date.now();
  await store.addCandidates({
    names: names.map((server) => serverName(server.serverName)),
    source: "test",
    due: "now",
  });
  // Asked often: one connection, which comes again by itself after Postgres was gone.
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  pool.on("error", () => undefined);
  cleanUp(() => pool.end());
  /** What leads a crawl here, without any politeness: all of loopback is one host. */
  const variables = {
    DATABASE_URL: databaseUrl,
    SWITCHBOARD_DNS_SERVERS: federation.dnsServer,
    SWITCHBOARD_WELL_KNOWN_PORT: String(federation.wellKnownPort),
    SWITCHBOARD_FEDERATION_PORT: String(federation.wellKnownPort),
    // Off, but where discovery is what is looked at: nothing else is to ask the servers anything.
    SWITCHBOARD_DISCOVERY_IN_FLIGHT: "0",
    SWITCHBOARD_ALLOW_NETWORKS: federation.allowNetworks.join(","),
    SWITCHBOARD_EXTRA_CA_FILE: federation.caFile,
    SWITCHBOARD_PER_ADDRESS_IN_FLIGHT: "0",
    SWITCHBOARD_PER_ADDRESS_PER_SECOND: "0",
  };
  return {
    store,
    databaseUrl,
    federation,
    names,
    variables,
    /** How many hostnames are neither due nor lent out: those whose probe is recorded. */
    async countRecorded(): Promise<number> {
      const { rows } = await pool.query<{ count: number }>(
        "select count(*)::int from schedule where due_at > now() and server_id not in (select unnest(held) from leases)",
      );
      return rows[0]?.count ?? 0;
    },
    /**
     * Every server was probed once, and once more for each of the moments since which all of them were due again, and what
     * is kept of that is the truth, by every law of history.
     */
    async expectWholeTruth(...again: readonly number[]) {
      const visits = [since, ...again].map((moment) => ({ servers: names, since: moment }));
      expect(judgeHistory(await readHistory(directory), visits)).toEqual({});
    },
    /** The worker as it is, or, where `main` is given, as that composes it. */
    startWorker(env: Record<string, string>, main?: string) {
      const worker = startWorkerProcess(
        { ...variables, ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }), ...env },
        main,
      );
      cleanUp(async () => void (await worker.end("SIGKILL")));
      const untilProbed = (count: number) => worker.until(async () => (await countProbed(store)) >= count);
      return { ...worker, untilProbed };
    },
  };
}

export async function countProbed(store: Store): Promise<number> {
  const { hostnames, unprobed } = await store.readStats();
  return hostnames - unprobed;
}
