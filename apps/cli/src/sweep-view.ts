import type { SweepProgress } from "@switchboard/crawl";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "@switchboard/domain";

/** How a sweep is going, at one moment. */
export type SweepFacts = SweepProgress & {
  /** Hostnames that were due when it began, or more where more came. */
  readonly total: number;
  readonly inFlight: number;
  /** Whether an outage of our own makes the crawl pause. */
  readonly hasOutage: boolean;
  readonly elapsedMs: number;
  /** Over the last seconds; null before there is anything to tell it by. */
  readonly perSecond: number | null;
};

const BAR_COLUMNS = { min: 10, max: 40 };
const DONE = "█";
const TO_DO = "░";

/** Hostnames that need no further look in this sweep. */
export function doneOf({ probed, optedOut }: Pick<SweepProgress, "probed" | "optedOut">): number {
  return probed + optedOut;
}

/** The facts as lines for a terminal so wide: none is wider, and none holds a control character. */
export function toLiveLines(facts: SweepFacts, columns: number): string[] {
  const lines = [
    withBar(facts, describeDone(facts), columns),
    [describePace(facts), describeTime(facts)].join("; "),
    describeOutcomes(facts),
    ...describeTrouble(facts),
  ];
  return lines.map((line) => line.slice(0, Math.max(1, columns - 1)));
}

/** The facts in one line, for a log: `short` without the time, which is never the same twice. */
export function toLine(facts: SweepFacts): { readonly short: string; readonly full: string } {
  const parts = [`${describeDone(facts)}, ${describePace(facts)}`, describeOutcomes(facts), ...describeTrouble(facts)];
  return { short: parts.join("; "), full: [...parts, describeTime(facts)].join("; ") };
}

function withBar(facts: SweepFacts, text: string, columns: number): string {
  const width = Math.min(BAR_COLUMNS.max, columns - text.length - 2);
  if (width < BAR_COLUMNS.min) return text;
  const done = facts.total === 0 ? width : Math.floor((doneOf(facts) / facts.total) * width);
  return `${DONE.repeat(done)}${TO_DO.repeat(width - done)} ${text}`;
}

function describeDone(facts: SweepFacts): string {
  return `${toText(doneOf(facts))} of ${toText(facts.total)} probed`;
}

function describePace({ perSecond, inFlight }: SweepFacts): string {
  const rate = perSecond === null ? "" : `${toText(Math.round(perSecond))}/s, `;
  return `${rate}${toText(inFlight)} in flight`;
}

function describeTime(facts: SweepFacts): string {
  const { elapsedMs, perSecond, total, hasOutage } = facts;
  const so = toClock(elapsedMs);
  if (hasOutage || perSecond === null || perSecond === 0) return `${so} so far`;
  return `${so} so far, about ${toClock(((total - doneOf(facts)) / perSecond) * SECOND_MS)} left`;
}

function describeOutcomes({ outcomes, changes }: SweepFacts): string {
  const counts = Object.entries(outcomes).filter(([, count]) => count > 0);
  const kinds = counts.map(([kind, count]) => `${toText(count)} ${kind}`).join(", ");
  return `${kinds === "" ? "no outcome yet" : kinds}; ${toText(changes)} ${changes === 1 ? "change" : "changes"}`;
}

function describeTrouble({ waiting, optedOut, hasOutage }: SweepFacts): string[] {
  return [
    ...(waiting === 0 ? [] : [`${toText(waiting)} wait for their turn at a busy address`]),
    ...(optedOut === 0 ? [] : [`${toText(optedOut)} opted out`]),
    ...(hasOutage
      ? ["paused: our own network, DNS or clock seems to fail; it goes on by itself when that is over"]
      : []),
  ];
}

function toText(count: number): string {
  return count.toLocaleString("en");
}

/** A length of time as clocks show it: `0:07`, `12:34`, `1:02:03`. */
function toClock(ms: number): string {
  const [hours, minutes, seconds] = [ms / HOUR_MS, (ms % HOUR_MS) / MINUTE_MS, (ms % MINUTE_MS) / SECOND_MS].map(
    Math.floor,
  );
  const pad = (part: number | undefined) => String(part).padStart(2, "0");
  return hours === 0 ? `${minutes}:${pad(seconds)}` : `${hours}:${pad(minutes)}:${pad(seconds)}`;
}
