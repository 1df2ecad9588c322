import { expect, test } from "vitest";
import { planBatches } from "./batch-plan.ts";

test.each([
  { inFlight: 1, deadlineMs: 15_000, plan: { batchSize: 1, lanes: 3, leaseMs: 62_000 } },
  { inFlight: 50, deadlineMs: 2_000, plan: { batchSize: 13, lanes: 12, leaseMs: 10_000 } },
  { inFlight: 500, deadlineMs: 15_000, plan: { batchSize: 125, lanes: 12, leaseMs: 62_000 } },
  { inFlight: 10_000, deadlineMs: 15_000, plan: { batchSize: 500, lanes: 60, leaseMs: 62_000 } },
])("$inFlight in flight, $deadlineMs ms each", ({ inFlight, deadlineMs, plan }) => {
  expect(planBatches({ inFlight, deadlineMs })).toEqual(plan);
});
