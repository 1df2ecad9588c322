import { expect, test } from "vitest";
import { type SweepFacts, toLine, toLiveLines } from "./sweep-view.ts";

function factsOf(facts: Partial<SweepFacts> = {}): SweepFacts {
  return {
    probed: 14_986,
    outcomes: { document: 9_120, absent: 3_011, unusable: 212, unreachable: 2_640, refused: 3 },
    changes: 14,
    deferred: 0,
    optedOut: 0,
    waiting: 0,
    total: 25_000,
    inFlight: 488,
    hasOutage: false,
    elapsedMs: 41_200,
    perSecond: 312.4,
    ...facts,
  };
}

test("a terminal shows bar, rate, outcomes, what is in flight, and the time left", () => {
  expect(toLiveLines(factsOf(), 100)).toEqual([
    "███████████████████████░░░░░░░░░░░░░░░░░ 14,986 of 25,000 probed",
    "312/s, 488 in flight; 0:41 so far, about 0:32 left",
    "9,120 document, 3,011 absent, 212 unusable, 2,640 unreachable, 3 refused; 14 changes",
  ]);
});

test("what holds a sweep up has lines of its own", () => {
  const [, , , ...trouble] = toLiveLines(factsOf({ waiting: 1_204, optedOut: 3, hasOutage: true }), 100);
  expect(trouble).toEqual([
    "1,204 wait for their turn at a busy address",
    "3 opted out",
    "paused: our own network, DNS or clock seems to fail; it goes on by itself when that is over",
  ]);
});

test("no time left is told while there is nothing to tell it by", () => {
  for (const facts of [{ perSecond: null }, { perSecond: 0 }, { hasOutage: true }]) {
    expect(toLiveLines(factsOf(facts), 100)[1]).toMatch(/; 0:41 so far$/);
  }
  expect(toLiveLines(factsOf({ elapsedMs: 3_723_000, perSecond: 1 }), 100)[1]).toContain("1:02:03 so far");
  const nothing = { document: 0, absent: 0, unusable: 0, unreachable: 0, refused: 0 };
  expect(toLiveLines(factsOf({ probed: 0, outcomes: nothing, changes: 0, total: 0 }), 100)[2]).toBe(
    "no outcome yet; 0 changes",
  );
});

test.each([1, 10, 24, 40, 60, 80, 200])("no line is wider than a terminal of %i columns", (columns) => {
  const lines = toLiveLines(factsOf({ waiting: 9, optedOut: 9, hasOutage: true }), columns);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(1, columns - 1));
});

test("a line of a log has the same facts, without the time for telling whether anything has changed", () => {
  const { short, full } = toLine(factsOf({ waiting: 7 }));
  expect(full).toBe(
    "14,986 of 25,000 probed, 312/s, 488 in flight; 9,120 document, 3,011 absent, 212 unusable, 2,640 unreachable, 3 refused; 14 changes; 7 wait for their turn at a busy address; 0:41 so far, about 0:32 left",
  );
  expect(full.startsWith(short)).toBe(true);
  expect(toLine(factsOf({ waiting: 7, elapsedMs: 99_000 })).short).toBe(short);
});
