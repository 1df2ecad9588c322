import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type EmbeddedPostgres, startPostgres } from "@switchboard/postgres";
import { type Environment, federationReachOf } from "@switchboard/runtime";
import { createStore, migrate, type Store } from "@switchboard/store";
import { addNames } from "../add-names.ts";
import type { CommandContext } from "../command-context.ts";
import { describeRejected, readCandidates } from "../parse-server-names.ts";
import { parseVariables } from "../parse-variables.ts";
import { formatProgress, isNobodyHeard } from "./progress.ts";
import { type SupervisedChild, superviseChild } from "./supervise-child.ts";
import type { Terminal } from "./terminal.ts";

export type Everything = {
  /** The environment of the child processes, with a port that is free. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A file of server names to start from, and what that source is called. */
  readonly namesFile: string;
  readonly source: string;
};

const WORKER = fileURLToPath(new URL("../../../worker/src/main.ts", import.meta.url));
const API = fileURLToPath(new URL("../../../api/src/main.ts", import.meta.url));

const POLL_MS = 1_000;
const REVIVE_EVERY_MS = 2_000;
const READY_PATIENCE_MS = 60_000;
/** Where nobody was heard for so long, the network is to be looked at. */
const NOBODY_HEARD_MS = 15_000;

/**
 * Postgres, migrations, names, worker and api, until the signal aborts; then everything stops in the opposite order, so
 * that the worker's last commit still finds its database. Throws UsageError where the environment cannot be used.
 */
export async function runEverything(
  everything: Everything,
  terminal: Terminal,
  { signal, stdin }: Pick<CommandContext, "signal" | "stdin">,
): Promise<void> {
  const environment = parseVariables(everything.variables);
  if (environment.operatorContact === null && federationReachOf(environment) === "public") {
    terminal.say(
      "servers that are asked cannot tell by whom: set SWITCHBOARD_OPERATOR_CONTACT to your mail address, and " +
        "SWITCHBOARD_PUBLIC_URL where others can reach this instance",
    );
  }
  await using stack = new AsyncDisposableStack();
  const connectionString = environment.databaseUrl ?? (await startEmbedded(environment, terminal, stack));
  const { applied } = await migrate({ connectionString });
  if (applied.length > 0) terminal.say(`the database was brought up to date: ${applied.join(", ")}`);

  const store = createStore({
    connectionString,
    poolSize: 2,
    applicationName: "switchboard-up",
    onBadRow: ({ table, id, problem }) => terminal.say(`a row was set aside: ${table} ${id}: ${problem}`),
  });
  stack.defer(() => store.close());
  await queueNames(everything, { store, terminal, stdin, environment });
  if (signal.aborted) return;

  const children = startChildren({ ...everything.variables, DATABASE_URL: connectionString }, environment, terminal);
  stack.defer(async () => {
    terminal.end();
    terminal.say("stopping");
    await Promise.all(children.map((child) => child.stop()));
  });
  const { publicUrl } = environment;
  void announce(everything, { publicUrl, terminal, signal });
  await watch(store, { publicUrl, terminal, signal });
}

async function startEmbedded(
  { dataDir }: Environment,
  terminal: Terminal,
  stack: AsyncDisposableStack,
): Promise<string> {
  const postgres = await startPostgres({ dataDir, onLog: terminal.say });
  stack.defer(() => postgres.stop());
  stack.defer(keepAlive(postgres, terminal));
  return postgres.connectionString;
}

/** Brings the embedded server back whenever it dies. The function it returns ends that. */
function keepAlive(postgres: EmbeddedPostgres, terminal: Terminal): () => Promise<void> {
  const ending = new AbortController();
  async function loop(): Promise<void> {
    while (!ending.signal.aborted) {
      await postgres.revive().catch((error: unknown) => terminal.say(String(error)));
      await sleep(REVIVE_EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  }
  const running = loop();
  return () => {
    ending.abort();
    return running;
  };
}

async function queueNames(
  { namesFile, source }: Everything,
  { store, terminal, ...context }: { store: Store; terminal: Terminal } & Pick<CommandContext, "stdin" | "environment">,
): Promise<void> {
  const { names, rejected } = await readCandidates({ names: [], file: namesFile }, context);
  for (const one of rejected) terminal.say(`rejected: ${namesFile}: ${describeRejected(one)}`);
  const { added, known, optedOut } = await addNames(store, names, source);
  const left = optedOut.length === 0 ? "" : `, ${optedOut.length} left alone because their operators opted out`;
  terminal.say(`${names.length} server names: ${added} new and queued, ${known} known already${left}`);
}

function startChildren(
  variables: Everything["variables"],
  { dataDir }: Environment,
  { say }: Terminal,
): SupervisedChild[] {
  const start = (name: string, entry: string): SupervisedChild =>
    superviseChild({ name, entry, variables, logFile: join(dataDir, `${name}.log`), say });
  const children = [start("worker", WORKER), start("api", API)];
  say(`worker and api are starting; their logs are ${join(dataDir, "worker.log")} and ${join(dataDir, "api.log")}`);
  return children;
}

type Show = { readonly publicUrl: string; readonly terminal: Terminal; readonly signal: AbortSignal };

/** Says where to look, as soon as there is something to see. */
async function announce({ variables }: Everything, { publicUrl, terminal, signal }: Show): Promise<void> {
  // Behind a proxy the public address may not be reachable from here: this process asks the api itself.
  const local = parseVariables({ ...variables, SWITCHBOARD_PUBLIC_URL: undefined }).publicUrl;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(READY_PATIENCE_MS)]);
  while (!patience.aborted) {
    const ready = await fetch(`${local}/readyz?exclude=canary`, { signal: patience }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) {
      terminal.say(`Switchboard is at ${publicUrl} (Ctrl-C stops it)`);
      return;
    }
    await sleep(POLL_MS / 4, undefined, { signal: patience }).catch(() => {});
  }
}

/** Shows how far the directory is, until the signal aborts. */
async function watch(store: Pick<Store, "readStats" | "searchListings">, show: Show): Promise<void> {
  const { terminal, signal } = show;
  const begun = performance.now();
  let saidSilent = false;
  let saidFull = false;
  while (!signal.aborted) {
    // A database that is away for a moment is its supervisor's matter; the next look finds it.
    const stats = await store.readStats().catch(() => null);
    if (stats !== null) {
      terminal.showProgress(formatProgress(stats));
      const isSilent = isNobodyHeard(stats) && performance.now() - begun > NOBODY_HEARD_MS;
      if (isSilent && !saidSilent) {
        saidSilent = true;
        terminal.say(
          `none of ${stats.hostnames} servers could be reached yet; is this machine offline? \`npm run demo\` needs no network`,
        );
      } else if (!isSilent && !saidFull && stats.hostnames > 0 && stats.unprobed === 0) {
        saidFull = true;
        const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
        terminal.say(`every server was probed at least once, after ${seconds} s; the worker goes on looking`);
        const example = await findExample(store).catch(() => null);
        if (example !== null) terminal.say(`for example ${show.publicUrl}/v1/servers/${example}`);
      }
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** A server that publishes contacts; null where none does. */
async function findExample(store: Pick<Store, "searchListings">): Promise<string | null> {
  const found = await store.searchListings({ condition: "document", contactMatch: "exact", sort: "name", limit: 1 });
  return found.ok ? (found.value.items[0]?.serverName ?? null) : null;
}
