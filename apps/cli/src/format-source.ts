import type { Instant, SourceSummary } from "@switchboard/domain";
import type { SetAsideName, SourceStats } from "@switchboard/store";
import type { Colors } from "./colors.ts";
import { plain } from "./format-document.ts";
import { formatTable } from "./format-table.ts";
import { formatInstant } from "./format-time.ts";

/** What a reading came to, in one line and a row for each part that is not nothing. */
export function formatSourceEnd(
  source: string,
  summary: SourceSummary,
  { isDryRun, colors }: { readonly isDryRun: boolean; readonly colors: Colors },
): string {
  const { pages, heard, added, known, optedOut, heldBack, setAside } = summary;
  const rows: readonly (readonly [number, string])[] = [
    [added, isDryRun ? "would be new" : "new"],
    [known, "known already"],
    [optedOut, "left alone: their operators opted out"],
    [heldBack, "held back: too many new ones for a day; they come in on later days"],
    ...Object.entries(setAside).map(([code, count]) => [count, `set aside: ${plain(code)}`] as const),
  ];
  const shown = rows.filter(([count]) => count > 0).map(([count, what]) => [String(count).padStart(7), what]);
  const head = `${plain(source)}: ${count(heard, "name")} on ${count(pages, "page")}`;
  return [colors.bold(head), ...(shown.length === 0 ? [] : [formatTable(shown)])].join("\n");
}

/** The sources, with what came of their last reading. */
export function formatSourceRuns(
  sources: SourceStats["sources"],
  { isConfigured, now }: { readonly isConfigured: (source: string) => boolean; readonly now: Instant },
): string {
  if (sources.length === 0) return "no source has told of any name yet";
  const rows = sources.map(({ source, names, run }) => [
    plain(source),
    String(names),
    run === null ? "" : formatInstant(run.finishedAt, now),
    run === null ? (isConfigured(source) ? "not read yet" : "comes by itself") : describeRun(run),
    run?.dueAt == null ? "" : formatInstant(run.dueAt, now),
  ]);
  return formatTable([["source", "names", "last read", "result", "next"], ...rows]);
}

type Run = NonNullable<SourceStats["sources"][number]["run"]>;

function describeRun({ isRunning, summary, error }: Run): string {
  const { heard = 0, added = 0, heldBack = 0 } = summary ?? {};
  const counts = `${heard} heard, ${added} new${heldBack > 0 ? `, ${heldBack} held back` : ""}`;
  if (isRunning) return `is being read: ${counts}`;
  return error === null ? counts : `${counts}; failed: ${plain(error)}`;
}

/** One name that was set aside. */
export function formatSetAside({
  source,
  name,
  code,
  reason,
}: Pick<SetAsideName, "source" | "name" | "code" | "reason">) {
  return `${plain(name)}  ${plain(reason)} [${plain(code)}] (${plain(source)})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
