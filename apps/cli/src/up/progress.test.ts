import type { Stats } from "@switchboard/store";
import { expect, test } from "vitest";
import { formatProgress, isNobodyHeard } from "./progress.ts";

function stats(change: Partial<Stats>): Stats {
  return {
    names: 10,
    hostnames: 10,
    unprobed: 0,
    due: 0,
    optedOut: 0,
    outcomes: { document: 0, absent: 0, unusable: 0, unreachable: 10, refused: 0 },
    reasons: [],
    published: 0,
    verdicts: { valid: 0, usable: 0, unusable: 0 },
    roles: [],
    findings: [],
    online: 0,
    offline: 0,
    software: [],
    versions: [],
    sources: [],
    setAside: [],
    heldBack: { names: 0, domains: [] },
    ...change,
  };
}
const unresolved = (count: number) => ({ kind: "unreachable", reason: "dns-failure", count }) as const;

test("nobody is heard as long as nothing was recorded but names that could not be resolved", () => {
  expect(isNobodyHeard(stats({ unprobed: 10 }))).toBe(true);
  expect(isNobodyHeard(stats({ reasons: [unresolved(10)] }))).toBe(true);
  expect(isNobodyHeard(stats({ reasons: [unresolved(4), { ...unresolved(6), reason: "dns-timeout" }] }))).toBe(true);
  expect(isNobodyHeard(stats({ reasons: [unresolved(7)], unprobed: 3 }))).toBe(true);
  expect(isNobodyHeard(stats({ reasons: [unresolved(7)], unprobed: 2 }))).toBe(false);
  expect(isNobodyHeard(stats({ reasons: [unresolved(9), { ...unresolved(1), reason: "timeout" }] }))).toBe(false);
  expect(isNobodyHeard(stats({ hostnames: 0 }))).toBe(false);
});

test("progress names what there is and keeps quiet about what there is not", () => {
  const outcomes = { document: 3, absent: 2, unusable: 0, unreachable: 1, refused: 0 };
  expect(formatProgress(stats({ unprobed: 4, due: 4, outcomes }))).toBe(
    "6 of 10 servers probed: 3 publish contacts, 2 do not, 1 not reached; 4 due",
  );
});
