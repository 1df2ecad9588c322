import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { Deadline } from "./deadline.ts";
import { createDeadlineRuns, ProberClosed } from "./deadline-runs.ts";

/** Work that ends when its deadline does, and tells by what. */
function untilAborted({ signal }: Deadline): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

test("a signal cuts short what was begun with it, and nothing else", async () => {
  const runs = createDeadlineRuns(60_000);
  const mine = new AbortController();
  const others = new AbortController();
  const cut = [runs.run(mine.signal, untilAborted), runs.run(mine.signal, untilAborted)];
  const spared = runs.run(others.signal, untilAborted);
  const reason = new Error("enough");
  mine.abort(reason);
  expect(await Promise.all(cut)).toEqual([reason, reason]);
  await expect(runs.run(mine.signal, untilAborted)).rejects.toBe(reason);
  await runs.close();
  expect(await spared).toBeInstanceOf(ProberClosed);
});

test("one listener on a signal does for all that was begun with it, and none is left behind", async () => {
  const runs = createDeadlineRuns(60_000);
  const { signal } = new AbortController();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const [first, second] = gates.map((gate) => runs.run(signal, () => gate.promise));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  gates[0].resolve();
  await first;
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  gates[1].resolve();
  await second;
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const again = runs.run(signal, () => Promise.resolve("again"));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  expect(await again).toBe("again");
});
