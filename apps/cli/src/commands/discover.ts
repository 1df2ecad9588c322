import { createReadStream } from "node:fs";
import { toIso, toIsoOrNull } from "@switchboard/contract";
import { MINUTE_MS, NAME_BOUND, type SourceSummary } from "@switchboard/domain";
import { federationReachOf, systemStopwatch } from "@switchboard/runtime";
import {
  openSource,
  parseSourceArgument,
  pauseMsOf,
  readSource,
  readSourcesFile,
  runSource,
  SOURCE_KINDS,
  SOURCE_LEASE_MS,
  type SourceConfig,
  type SourceEnd,
  type SourceInput,
  toPatientReader,
} from "@switchboard/sources";
import type { SourceStats, Store } from "@switchboard/store";
import { Command, Option } from "commander";
import { STDIN } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { createEnvironmentSourceReader } from "../create-prober.ts";
import { EXIT } from "../exit-status.ts";
import { plain } from "../format-document.ts";
import { formatSetAside, formatSourceEnd, formatSourceRuns } from "../format-source.ts";
import { withDirectory } from "../open-directory.ts";
import { reachFederation } from "../reach-federation.ts";
import { readPages } from "../read-pages.ts";
import { startSourceProgress } from "../source-progress.ts";
import { UsageError } from "../usage-error.ts";

type Options = {
  readonly tokenFile?: string;
  readonly dryRun?: true;
  readonly list?: true;
  readonly setAside?: true;
};

/** `switchboard discover`: hears of server names, and shows what sources told. */
export function createDiscoverCommand(context: CommandContext): Command {
  return new Command("discover")
    .description("Read server names from a homeserver, a room directory, observers, documents or a file.")
    .argument("[source...]", "names of configured sources (all, where none is given), or a kind and a place: see below")
    .option("--token-file <file>", "holds the access token of a server administrator, for destinations")
    .option("--dry-run", "say what would come of it, and write nothing")
    .addOption(new Option("--list", "list the sources and what came of their last reading").conflicts("dryRun"))
    .addOption(
      new Option("--set-aside", "list names that were set aside, with the reason").conflicts(["dryRun", "list"]),
    )
    .addHelpText(
      "after",
      `
Sources: ${SOURCE_KINDS.join(", ")}; SWITCHBOARD_SOURCES_FILE lists those that a worker reads by itself
(docs/sources.md). What is new comes due at once. Names that nobody could probe are set aside; of one registered domain at
most ${NAME_BOUND.perDomain} new names a day are taken. A reading that fails or is stopped keeps what it heard, and goes on from there.
Exit status: 0 all read to the end, 1 some not.

  $ switchboard discover rooms:example.org
  $ switchboard discover destinations:http://localhost:8008 --token-file token
  $ psql -d synapse -c 'COPY destinations TO STDOUT' | switchboard discover file:-`,
    )
    .action(async (given: string[], options: Options, command: Command) => {
      const json = formatOf(command) === "json";
      if (options.list === true) return list(context, json);
      if (options.setAside === true) return listSetAside(context, given, json);
      const { sources, configured } = await findSources(given, options, context);
      const reached = await reachFederation(context);
      let unread = 0;
      await withDirectory(reached, async (store) => {
        const reader = await createEnvironmentSourceReader(reached, store);
        try {
          for (const source of sources) {
            const end = await read(
              { source, isScheduled: configured.has(source) },
              { store, reader, options, context: reached },
            );
            if (end === null || end.failure !== null) unread += 1;
            if (end !== null) await tell(context, { source, end, isDryRun: options.dryRun === true, json });
            if (context.signal.aborted) return;
          }
        } finally {
          await reader.close();
        }
      });
      context.exitWith(context.signal.aborted ? EXIT.interrupted : unread === 0 ? EXIT.ok : EXIT.not);
    });
}

/** The sources asked for: configured ones by name, others by kind and place. Throws UsageError about the first that is none. */
async function findSources(
  given: readonly string[],
  { tokenFile }: Options,
  { environment }: CommandContext,
): Promise<{ sources: readonly SourceConfig[]; configured: ReadonlySet<SourceConfig> }> {
  const configured = await readConfigured(environment.sourcesFile);
  if (given.length === 0 && configured.length === 0) {
    throw new UsageError(
      "source: nothing given; name one such as rooms:example.org, or list some in SWITCHBOARD_SOURCES_FILE",
    );
  }
  const sources = given.map((text) => {
    const known = configured.find(({ name }) => name === text);
    if (known !== undefined) return known;
    const parsed = parseSourceArgument(text, { tokenFile: tokenFile ?? null });
    if (parsed.ok) return parsed.value;
    throw new UsageError(`source: "${plain(text)}": ${describeProblem(parsed.error, configured)}`);
  });
  return { sources: given.length === 0 ? configured : sources, configured: new Set(configured) };
}

async function readConfigured(path: string | null): Promise<readonly SourceConfig[]> {
  if (path === null) return [];
  const read = await readSourcesFile(path);
  if (read.ok) return read.value;
  throw new UsageError(read.error.map(plain).join("; "));
}

function describeProblem(
  { path, message }: { readonly path: string; readonly message: string },
  configured: readonly SourceConfig[],
): string {
  if (path === "tokenFile") return "it needs --token-file, a file with an administrator's access token";
  if (path !== "kind") return `${path === "" ? "it" : `its ${path}`} ${plain(message)}`;
  const names =
    configured.length === 0 ? "" : `, or one of the configured ${configured.map(({ name }) => name).join(", ")}`;
  return `its kind ${message}${names}`;
}

type Reading = {
  readonly store: Store;
  readonly reader: SourceInput["reader"];
  readonly options: Options;
  readonly context: CommandContext;
};

/** Reads one source; null where somebody else is reading it just now. */
async function read(
  { source, isScheduled }: { readonly source: SourceConfig; readonly isScheduled: boolean },
  { store, reader, options, context }: Reading,
): Promise<SourceEnd | null> {
  const { signal, stdin, environment } = context;
  const reach = federationReachOf(environment);
  const stopwatch = systemStopwatch();
  const input: SourceInput = {
    reader: toPatientReader(reader),
    store,
    openFile: (path) => (path === STDIN ? stdin : createReadStream(path)),
  };
  const progress = startSourceProgress(source.name, context);
  try {
    if (options.dryRun === true) {
      return await readSource({
        source: source.name,
        pages: openSource(input, source, { from: null, signal }),
        from: null,
        store,
        bound: source.bound,
        taking: "preview",
        reach,
        pauseMs: pauseMsOf(source),
        stopwatch,
        onPage: async (summary: SourceSummary) => {
          progress.show(summary);
          return true;
        },
        signal,
      });
    }
    const lease = await store.claimSource({ source: source.name, kind: source.kind }, SOURCE_LEASE_MS);
    if (lease === null) {
      context.say(
        `${source.name}: somebody else is reading it, or was killed less than ${SOURCE_LEASE_MS / MINUTE_MS} minutes ago; "switchboard discover --list" shows how far it is`,
      );
      return null;
    }
    if (lease.cursor !== null) context.say(`${source.name}: goes on where the last reading stopped`);
    return await runSource({
      input,
      store,
      source,
      lease,
      taking: "now",
      isScheduled,
      reach,
      stopwatch,
      onPage: progress.show,
      signal,
    });
  } finally {
    progress.stop();
  }
}

async function tell(
  { out, say, colors }: CommandContext,
  told: { source: SourceConfig; end: SourceEnd; isDryRun: boolean; json: boolean },
): Promise<void> {
  const { source, end, isDryRun, json } = told;
  const { name, kind } = source;
  const error = end.failure?.message ?? null;
  if (json) {
    await out.json({ source: name, kind, ...end.summary, error, stopped: end.isStopped, dryRun: isDryRun });
    return;
  }
  await out.text(formatSourceEnd(name, end.summary, { isDryRun, colors }));
  if (error !== null) say(`${name}: ${plain(error)}`);
  if (end.isStopped) say(`${name}: stopped; what was heard is kept, and the next reading goes on from there`);
}

async function list(context: CommandContext, json: boolean): Promise<void> {
  const configured = await readConfigured(context.environment.sourcesFile);
  await withDirectory(context, async (store) => {
    const { sources } = await store.readStats();
    const unread = configured
      .filter(({ name }) => !sources.some(({ source }) => source === name))
      .map(({ name }) => ({ source: name, names: 0, run: null }));
    const rows = [...sources, ...unread];
    const isConfigured = (source: string) => configured.some(({ name }) => name === source);
    if (!json) await context.out.text(formatSourceRuns(rows, { isConfigured, now: context.clock() }));
    for (const row of json ? rows : []) await context.out.json(toJsonRow(row));
  });
}

function toJsonRow({ source, names, run }: SourceStats["sources"][number]) {
  return {
    source,
    names,
    kind: run?.kind ?? null,
    running: run?.isRunning ?? false,
    startedAt: toIsoOrNull(run?.startedAt ?? null),
    finishedAt: toIsoOrNull(run?.finishedAt ?? null),
    nextDueAt: toIsoOrNull(run?.dueAt ?? null),
    summary: run?.summary ?? null,
    error: run?.error ?? null,
  };
}

async function listSetAside(context: CommandContext, given: readonly string[], json: boolean): Promise<void> {
  await withDirectory(context, async (store) => {
    for (const source of given.length === 0 ? [undefined] : given) {
      const pages = readPages((page) => store.listSetAside({ ...page, ...(source === undefined ? {} : { source }) }));
      for await (const { heardAt, lastHeardAt, ...row } of pages) {
        const times = { heardAt: toIso(heardAt), lastHeardAt: toIso(lastHeardAt) };
        if (json) await context.out.json({ ...row, ...times });
        else await context.out.text(formatSetAside(row));
      }
    }
  });
}
