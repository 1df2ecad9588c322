import {
  createCrawler,
  createPlaces,
  keepPace,
  planBatches,
  relint,
  type SweepSummary,
  sweep,
} from "@switchboard/crawl";
import { hostnameOf, REVISIT_POLICY } from "@switchboard/domain";
import { createLogger, systemBusyShare, systemStopwatch } from "@switchboard/runtime";
import type { Store } from "@switchboard/store";
import { Command } from "commander";
import { addNames, toOptedOut } from "../add-names.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { createEnvironmentProber } from "../create-prober.ts";
import { EXIT } from "../exit-status.ts";
import { formatDuration } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";
import { describeRejected, readCandidates } from "../parse-server-names.ts";
import { reachFederation } from "../reach-federation.ts";
import { showSweep } from "../sweep-progress.ts";

/** `switchboard sweep`: probes everything that is due, in this process. */
export function createSweepCommand(context: CommandContext): Command {
  return new Command("sweep")
    .description("Probe every server that is due, until none is. Runs beside any worker.")
    .option("--file <file>", 'add the names in this file and make all of them due now; "-" is standard input')
    .addHelpText(
      "after",
      `
With --json the summary is {probed, outcomes, changes, deferred, optedOut, wallMs, cpuMs}; deferred counts how often a
server was put off, to be probed later in the same sweep, because its address was busy with others or its failure may
have been this machine's; optedOut counts
servers whose operators ask to be left alone, and that are in no other number; cpuMs is this process's user and system time.

  $ switchboard sweep --file names.txt`,
    )
    .action(async (options: { file?: string }, command: Command) => {
      const reached = await reachFederation(context);
      const read = await readCandidates({ names: [], file: options.file ?? null }, reached);
      for (const one of read.rejected) context.say(`rejected: ${describeRejected(one)}`);
      const result = await withDirectory(reached, async (store) => {
        if (options.file !== undefined) {
          const { added, known, optedOut } = await addNames(store, read.names, "cli");
          for (const one of optedOut) context.say(`rejected: ${describeRejected(toOptedOut(one))}`);
          const rejected = read.rejected.length + optedOut.length;
          context.say(`${added} names added, ${known} known already, ${rejected} rejected`);
          await store.makeDue([...new Set(read.names.map(hostnameOf))]);
        }
        return runSweep(store, reached);
      });
      if (formatOf(command) === "json") await context.out.json(result);
      else await context.out.text(formatSummary(result));
      context.exitWith(context.signal.aborted ? EXIT.interrupted : EXIT.ok);
    });
}

type SweepResult = SweepSummary & { readonly wallMs: number; readonly cpuMs: number };

async function runSweep(store: Store, context: CommandContext): Promise<SweepResult> {
  const { environment, clock, random, signal } = context;
  const startedAt = performance.now();
  const { batchSize, lanes, leaseMs } = planBatches({
    inFlight: environment.inFlight,
    deadlineMs: environment.probeDeadlineMs,
  });
  const { judged } = await relint({ store, clock });
  if (judged > 0) context.say(`${judged} stored documents were judged again by newer rules`);
  const places = createPlaces(environment.inFlight);
  keepPace({ places, readBusyShare: systemBusyShare(), signal });
  const prober = await createEnvironmentProber(context, { store, places });
  const crawler = createCrawler({
    store,
    probe: prober.probe,
    policy: REVISIT_POLICY,
    places,
    batchSize,
    leaseMs,
    clock,
    random,
    log: createLogger({ name: "sweep", level: environment.logLevel, destination: "stderr" }),
  });
  const stopwatch = systemStopwatch();
  const shown = showSweep({ total: await store.countDue(), crawler, stopwatch, context });
  try {
    const summary = await sweep({
      crawler,
      store,
      lanes,
      signal,
      stopwatch,
      onProgress: shown.show,
    });
    const { user, system } = process.cpuUsage();
    return {
      ...summary,
      wallMs: Math.round(performance.now() - startedAt),
      cpuMs: Math.round((user + system) / 1_000),
    };
  } finally {
    shown.stop();
    await prober.close();
  }
}

function formatSummary({ probed, outcomes, changes, deferred, optedOut, wallMs, cpuMs }: SweepResult): string {
  const counts = Object.entries(outcomes).map(([kind, count]) => `${count} ${kind}`);
  const late = deferred === 0 ? "" : `; ${deferred} times one was put off`;
  const out = optedOut === 0 ? "" : `; ${optedOut} opted out`;
  return `${probed} probed in ${formatDuration(wallMs)} (${cpuMs} ms of CPU): ${counts.join(", ")}; ${changes} changes${late}${out}`;
}
