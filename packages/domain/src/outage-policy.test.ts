import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addMs, toInstant } from "./instant.ts";
import {
  earlierNeighbours,
  endOf,
  isDoubtful,
  judgeFailure,
  judgeWitnesses,
  NO_EVIDENCE,
  OUTAGE_POLICY,
  type OutageEvidence,
  type Sighting,
  suspectOutage,
  withSighting,
} from "./outage-policy.ts";

const POLICY = OUTAGE_POLICY;
const START = toInstant(Date.UTC(2026, 10, 21));

/** Probes one after the other, a tenth of a second each. */
function see(
  sightings: readonly Pick<Sighting, "before" | "end">[],
  { from = START, evidence = NO_EVIDENCE }: { from?: typeof START; evidence?: OutageEvidence } = {},
): OutageEvidence {
  return sightings.reduce((seen, { before, end }, n) => {
    const begunAt = addMs(from, n * 100);
    return withSighting(seen, { before, end, begunAt, endedAt: addMs(begunAt, 100) }, POLICY);
  }, evidence);
}

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

const answered = { before: "answered", end: "answer" } as const;
const gone = { before: "answered", end: "failure" } as const;
const stillDead = { before: "failed", end: "silence" } as const;
const newAndSilent = { before: "never-probed", end: "silence" } as const;
const newAndDead = { before: "never-probed", end: "failure" } as const;

describe("what a probe's outcome says of the network", () => {
  test.each([
    [{ kind: "document", reason: null }, "answer"],
    [{ kind: "absent", reason: null }, "answer"],
    [{ kind: "unusable", reason: "html" }, "answer"],
    [{ kind: "refused", reason: "redirect-to-http" }, "answer"],
    [{ kind: "refused", reason: "forbidden-address" }, "failure"],
    [{ kind: "unreachable", reason: "server-error" }, "failure"],
    [{ kind: "unreachable", reason: "connect-timeout" }, "failure"],
    [{ kind: "unreachable", reason: "dns-not-found" }, "failure"],
    [{ kind: "unreachable", reason: "dns-failure" }, "silence"],
    [{ kind: "unreachable", reason: "dns-timeout" }, "silence"],
    [{ kind: "unreachable", reason: "connect-unreachable" }, "silence"],
  ] as const)("%j is: %s", (step, end) => {
    expect(endOf(step)).toBe(end);
  });

  test.each([
    [answered, false],
    [gone, true],
    [{ before: "answered", end: "silence" } as const, true],
    [stillDead, false],
    [newAndDead, false],
    [newAndSilent, true],
  ])("%j is doubtful: %s", (seen, doubtful) => {
    expect(isDoubtful({ ...seen, begunAt: START, endedAt: START })).toBe(doubtful);
  });
});

describe("a suspicion", () => {
  test.each<[string, readonly Pick<Sighting, "before" | "end">[], ReturnType<typeof suspectOutage>]>([
    ["nothing seen", [], null],
    ["half of the last 200 are gone", [...times(100, answered), ...times(100, gone)], "answers-gone"],
    ["one less than half", [...times(101, answered), ...times(99, gone)], null],
    ["what was before the last 200 does not count", [...times(500, answered), ...times(100, gone)], "answers-gone"],
    ["too few to tell", times(19, gone), null],
    ["few, but enough", times(20, gone), "answers-gone"],
    ["names that were dead before say nothing", times(5_000, stillDead), null],
    ["however many dead names there are among them", [...times(150, answered), ...times(5_000, stillDead), gone], null],
    ["new names that are dead say nothing", times(5_000, newAndDead), null],
    ["fifty new names met nothing but silence", times(50, newAndSilent), "nobody-heard"],
    ["one less", times(49, newAndSilent), null],
    ["somebody was heard in between", [...times(49, newAndSilent), newAndDead, ...times(49, newAndSilent)], null],
    [
      "dead names that are silent again do not interrupt",
      [...times(49, newAndSilent), stillDead, newAndSilent],
      "nobody-heard",
    ],
  ])("%s", (_case, sightings, suspicion) => {
    expect(suspectOutage(see(sightings), addMs(START, 60_000), POLICY)).toBe(suspicion);
  });

  test("what is long past does not count", () => {
    const evidence = see(times(100, gone));
    expect(suspectOutage(evidence, addMs(START, POLICY.windowMs), POLICY)).toBe("answers-gone");
    expect(suspectOutage(evidence, addMs(START, POLICY.windowMs + 20_000), POLICY)).toBeNull();
  });

  test("an answer over a connection from before the silence does not end it", () => {
    const silence = see(times(30, newAndSilent));
    const old = { before: "never-probed", end: "answer", begunAt: START, endedAt: addMs(START, 9_000) } as const;
    expect(withSighting(silence, old, POLICY).silentRun).toBe(30);
    expect(withSighting(silence, { ...old, begunAt: addMs(START, 5_000) }, POLICY).silentRun).toBe(0);
  });
});

describe("a single failure", () => {
  const well = { seen: 20, failed: 0 };
  test.each([
    ["too few came after it", { earlier: well, later: { seen: 19, failed: 0 } }, "wait"],
    ["the others are well", { earlier: well, later: well }, "believe"],
    ["some others fail, too", { earlier: well, later: { seen: 20, failed: 15 } }, "believe"],
    ["those after it fail", { earlier: well, later: { seen: 20, failed: 20 } }, "look-again"],
    ["those before it failed", { earlier: { seen: 20, failed: 20 }, later: { seen: 20, failed: 1 } }, "look-again"],
    ["the first of all", { earlier: { seen: 0, failed: 0 }, later: well }, "believe"],
  ] as const)("%s: %j", (_case, neighbours, verdict) => {
    expect(judgeFailure(neighbours, POLICY)).toBe(verdict);
  });

  test("its earlier neighbours are the latest probes", () => {
    const evidence = see([...times(100, gone), ...times(15, answered)]);
    expect(earlierNeighbours(evidence, POLICY)).toEqual({ seen: 20, failed: 5 });
  });
});

test.each([
  [{ asked: 0, answered: 0 }, "too-few"],
  [{ asked: 2, answered: 0 }, "too-few"],
  [{ asked: 3, answered: 1 }, "ours"],
  [{ asked: 8, answered: 3 }, "ours"],
  [{ asked: 8, answered: 4 }, "well"],
])("witnesses %j: %s", (witnesses, verdict) => {
  expect(judgeWitnesses(witnesses, POLICY)).toBe(verdict);
});

const arbitrarySightings = fc.array(
  fc.record({
    before: fc.constantFrom<Sighting["before"]>("answered", "failed", "never-probed"),
    end: fc.constantFrom<Sighting["end"]>("answer", "failure", "silence"),
  }),
  { maxLength: 400 },
);

test("whatever was seen before: an outage of a window's length is suspected, and one answer in two clears it", () => {
  fc.assert(
    fc.property(arbitrarySightings, (past) => {
      const before = see(past);
      const during = see(times(POLICY.latest / 2, gone), { evidence: before, from: addMs(START, 60_000) });
      expect(suspectOutage(during, addMs(START, 80_000), POLICY)).not.toBeNull();
      const after = see(times(POLICY.latest, answered), { evidence: during, from: addMs(START, 90_000) });
      expect(suspectOutage(after, addMs(START, 120_000), POLICY)).toBeNull();
    }),
  );
});

test("whatever was seen: what is kept is bounded, and names that were dead before never change it", () => {
  fc.assert(
    fc.property(arbitrarySightings, (past) => {
      const evidence = see(past);
      expect(evidence.latest.length).toBeLessThanOrEqual(POLICY.latest);
      const more = see(times(300, stillDead), { evidence, from: addMs(START, 60_000) });
      expect(more).toEqual(evidence);
    }),
  );
});
