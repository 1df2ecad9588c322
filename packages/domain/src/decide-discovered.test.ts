import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideDiscovered } from "./decide-discovered.ts";
import { DISCOVERY_POLICY } from "./discovery-policy.ts";
import type { DiscoveryFailure, DiscoveryReport, DiscoveryStep } from "./discovery-report.ts";
import { type DiscoveryState, UNDISCOVERED } from "./discovery-state.ts";
import { addMs, DAY_MS, HOUR_MS, type Instant, toInstant } from "./instant.ts";
import { parseServerName, type ServerName } from "./server-name.ts";
import type { ServerSoftware } from "./server-software.ts";

const START = toInstant(Date.UTC(2026, 2, 1));
const SYNAPSE = { name: "Synapse", version: "1.98.0" };
const NEWER = { name: "Synapse", version: "1.99.0" };
const OTHER = { name: "Dendrite", version: null };

function named(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** What a visit met: software or a failure, and for how long its delegation is good, where it has one. */
type Met = {
  readonly atMs: number;
  readonly met: ServerSoftware | DiscoveryFailure;
  readonly delegatedForMs?: number;
  readonly isKnown?: boolean;
};

function reportOf({ atMs, met, delegatedForMs, isKnown = false }: Met): DiscoveryReport {
  const wellKnown: DiscoveryStep = {
    kind: "well-known",
    rule: "3",
    url: "https://example.org/.well-known/matrix/server",
    isKnown,
    hops: [],
    result:
      delegatedForMs === undefined
        ? { kind: "none", reason: "unexpected-status", detail: "HTTP status 404" }
        : { kind: "delegated", serverName: named("matrix.example.org") },
    freshForMs: delegatedForMs ?? HOUR_MS,
    tookMs: 1,
  };
  return {
    serverName: named("example.org"),
    discoveredAt: addMs(START, atMs),
    steps: [wellKnown],
    target: null,
    ...(typeof met === "string"
      ? { software: null, reason: met, detail: "a fact" }
      : { software: met, reason: null, detail: "" }),
    totalMs: 1,
  };
}

function visit(state: DiscoveryState, met: Met, jitter = 0.5) {
  return decideDiscovered({ state, report: reportOf(met), policy: DISCOVERY_POLICY, jitter });
}

/** The state after these visits, one after the other. */
function stateAfter(...visits: readonly Met[]): DiscoveryState {
  return visits.reduce((state, met) => visit(state, met).state, UNDISCOVERED);
}

const at = (atMs: number): Instant => addMs(START, atMs);

describe("what a visit means", () => {
  test.each<[string, readonly Met[], Partial<DiscoveryState>]>([
    [
      "a first answer",
      [{ atMs: 0, met: SYNAPSE }],
      { software: SYNAPSE, softwareSince: at(0), onlineSince: at(0), lastAnsweredAt: at(0), lastTriedAt: at(0) },
    ],
    [
      "the same again moves only the clocks",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: SYNAPSE },
      ],
      { software: SYNAPSE, softwareSince: at(0), onlineSince: at(0), lastAnsweredAt: at(DAY_MS) },
    ],
    [
      "a new version has a beginning of its own, being online has not",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: NEWER },
      ],
      { software: NEWER, softwareSince: at(DAY_MS), onlineSince: at(0) },
    ],
    [
      "a missed visit erases nothing, and the run goes on",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: "timeout" },
      ],
      {
        software: SYNAPSE,
        softwareSince: at(0),
        onlineSince: at(0),
        lastAnsweredAt: at(0),
        lastTriedAt: at(DAY_MS),
        failure: "timeout",
        failingSince: at(DAY_MS),
        failureCount: 1,
      },
    ],
    [
      "two missed visits in one night do not last yet",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: "timeout" },
        { atMs: DAY_MS + 12 * HOUR_MS - 1, met: "connect-refused" },
      ],
      { onlineSince: at(0), failure: "connect-refused", failingSince: at(DAY_MS), failureCount: 2 },
    ],
    [
      "silence that lasted ends the run and keeps the software",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: "timeout" },
        { atMs: DAY_MS + 12 * HOUR_MS, met: "timeout" },
      ],
      { onlineSince: null, software: SYNAPSE, lastAnsweredAt: at(0) },
    ],
    [
      "one missed visit, however long ago, is no silence that lasted",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: "timeout" },
        { atMs: 20 * DAY_MS, met: SYNAPSE },
      ],
      { onlineSince: at(0), failure: null, failingSince: null, failureCount: 0 },
    ],
    [
      "an answer after silence that lasted begins a new run",
      [
        { atMs: 0, met: SYNAPSE },
        { atMs: DAY_MS, met: "timeout" },
        { atMs: 2 * DAY_MS, met: "timeout" },
        { atMs: 3 * DAY_MS, met: SYNAPSE },
      ],
      { onlineSince: at(3 * DAY_MS), softwareSince: at(0) },
    ],
    [
      "never an answer",
      [{ atMs: 0, met: "dns-not-found" }],
      { software: null, onlineSince: null, lastAnsweredAt: null, failure: "dns-not-found", lastTriedAt: at(0) },
    ],
  ])("%s", (_, visits, expected) => {
    expect(stateAfter(...visits)).toMatchObject(expected);
  });

  test.each<[string, ServerSoftware, ServerSoftware, "new" | "same"]>([
    ["another version", SYNAPSE, NEWER, "new"],
    ["another name", SYNAPSE, OTHER, "new"],
    ["a version where there was none", OTHER, { name: "Dendrite", version: "0.13" }, "new"],
    ["the same", SYNAPSE, { ...SYNAPSE }, "same"],
  ])("software: %s", (_, before, after, expected) => {
    expect(visit(UNDISCOVERED, { atMs: 0, met: before }).software).toBe("new");
    expect(visit(stateAfter({ atMs: 0, met: before }), { atMs: DAY_MS, met: after }).software).toBe(expected);
  });

  test("a delegation is kept while it is good, as it was when it was not asked for, and forgotten with its answer", () => {
    const first = stateAfter({ atMs: 0, met: "timeout", delegatedForMs: DAY_MS });
    expect(first.delegation).toEqual({ serverName: "matrix.example.org", freshUntil: at(DAY_MS) });
    const known = visit(first, { atMs: HOUR_MS, met: "timeout", delegatedForMs: 23 * HOUR_MS, isKnown: true }).state;
    expect(known.delegation).toEqual(first.delegation);
    expect(visit(known, { atMs: 2 * DAY_MS, met: SYNAPSE }).state.delegation).toBeNull();
  });
});

describe("when to look again", () => {
  /** Hours until the next visit with the least jitter and with the most. */
  function hours(visits: readonly Met[]): [number, number] {
    const last = visits.at(-1);
    if (last === undefined) throw new Error("no visit");
    const before = stateAfter(...visits.slice(0, -1));
    const wait = (jitter: number) => (visit(before, last, jitter).dueAt - at(last.atMs)) / HOUR_MS;
    return [wait(0), wait(1 - Number.EPSILON)].map((each) => Math.round(each * 10) / 10) as [number, number];
  }
  const answers = (count: number) => Array.from({ length: count }, (_, n) => ({ atMs: n * 7 * DAY_MS, met: SYNAPSE }));
  const silences = (count: number, everyMs: number) =>
    Array.from({ length: count }, (_, n) => ({ atMs: n * everyMs, met: "timeout" as const }));

  test.each<[string, readonly Met[], [number, number]]>([
    ["a day after a first answer", answers(1), [21.6, 24]],
    ["half as long again after the same", answers(2), [32.4, 36]],
    ["a week at most", answers(9), [151.2, 168]],
    ["a day after other software", [...answers(3), { atMs: 30 * DAY_MS, met: NEWER }], [21.6, 24]],
    ["not before a delegation is no longer good", [{ atMs: 0, met: SYNAPSE, delegatedForMs: 2 * DAY_MS }], [48, 52.8]],
    ["an hour at least, two at most, after a first silence", silences(1, 0), [1, 2]],
    ["up to eight hours after a third", silences(3, HOUR_MS), [1, 8]],
    ["up to a week after many", silences(20, HOUR_MS), [1, 168]],
    ["about a month when long dead", silences(3, 15 * DAY_MS), [648, 720]],
    [
      "soon, whatever the delegation, where it leads nowhere",
      [{ atMs: 0, met: "timeout", delegatedForMs: DAY_MS }],
      [1, 2],
    ],
    [
      "a day after silence",
      [...answers(5), { atMs: 30 * DAY_MS, met: "timeout" }, { atMs: 31 * DAY_MS, met: SYNAPSE }],
      [21.6, 24],
    ],
  ])("%s", (_, visits, expected) => {
    expect(hours(visits)).toEqual(expected);
  });
});

test("whatever is met and whenever: the laws hold", () => {
  const met = fc.oneof(
    fc.constantFrom<ServerSoftware>(SYNAPSE, NEWER, OTHER),
    fc.constantFrom<DiscoveryFailure>("timeout", "dns-not-found", "unexpected-status", "forbidden-port"),
  );
  const step = fc.record({
    // Clocks jump: a visit may seem to come before the last.
    waitMs: fc.integer({ min: -HOUR_MS, max: 60 * DAY_MS }),
    met,
    delegatedForMs: fc.option(fc.integer({ min: 300_000, max: 2 * DAY_MS }), { nil: undefined }),
    jitter: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      let state = UNDISCOVERED;
      let atMs = 0;
      for (const { waitMs, met: seen, delegatedForMs, jitter } of steps) {
        atMs += waitMs;
        const before = state;
        const decision = visit(
          before,
          { atMs, met: seen, ...(delegatedForMs === undefined ? {} : { delegatedForMs }) },
          jitter,
        );
        state = decision.state;
        const waits = decision.dueAt - at(atMs);
        expect(waits).toBeGreaterThanOrEqual(DISCOVERY_POLICY.floorMs);
        expect(waits).toBeLessThanOrEqual(DISCOVERY_POLICY.deadMs);
        expect(state.lastTriedAt).toBe(at(atMs));
        if (typeof seen === "string") {
          expect(state.software).toEqual(before.software);
          expect([state.lastAnsweredAt, state.softwareSince]).toEqual([before.lastAnsweredAt, before.softwareSince]);
          expect(decision.software).toBe("same");
          expect([null, before.onlineSince]).toContain(state.onlineSince);
          if (before.failureCount === 0) expect(state.onlineSince).toBe(before.onlineSince);
        } else {
          expect(state).toMatchObject({ software: seen, lastAnsweredAt: at(atMs), failure: null, failureCount: 0 });
          expect(state.onlineSince).toBe(before.onlineSince ?? at(atMs));
          expect(decision.software === "new").toBe(
            before.software?.name !== seen.name || before.software.version !== seen.version,
          );
          if (state.delegation !== null) expect(decision.dueAt).toBeGreaterThanOrEqual(state.delegation.freshUntil);
        }
      }
    }),
  );
});
