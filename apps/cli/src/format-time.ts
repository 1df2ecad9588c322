import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from "@switchboard/domain";

const UNITS = [
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["min", MINUTE_MS],
  ["s", SECOND_MS],
] as const;

/** A length of time in its largest unit: `3 h`, `2 d`. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, candidate]) => ms >= candidate) ?? ["s", SECOND_MS];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** A moment as people ask for it, how long ago or ahead, and as it is: `3 h ago (2026-03-01 12:00 UTC)`. */
export function formatInstant(instant: Instant | null, now: Instant): string {
  if (instant === null) return "never";
  const absolute = `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const distance = Math.abs(now - instant);
  if (distance < SECOND_MS) return `now (${absolute})`;
  const relative = instant <= now ? `${formatDuration(distance)} ago` : `in ${formatDuration(distance)}`;
  return `${relative} (${absolute})`;
}
