import { expect, test, vi } from "vitest";
import { addBacklog, BACKLOG_COUNTED_TO } from "./backlog.ts";
import { createRegistry } from "./registry.ts";

async function scrape({ due, dueAt, now }: { due: number; dueAt: number | null; now: number }): Promise<string[]> {
  const registry = createRegistry();
  const store = { countDue: async (atMost: number) => Math.min(atMost, due), nextDueAt: async () => dueAt };
  addBacklog({ registry, store, clock: () => now, log: { warn: vi.fn() } });
  return (await registry.metrics()).split("\n").filter((line) => line.startsWith("switchboard_"));
}

test.each([
  ["what is due ages", { due: 3, dueAt: 10_000, now: 12_500 }, [3, 2.5]],
  ["what comes due later has no age", { due: 0, dueAt: 20_000, now: 12_500 }, [0, 0]],
  ["an empty directory has no backlog", { due: 0, dueAt: null, now: 12_500 }, [0, 0]],
  ["counting is bounded", { due: 2_000_000, dueAt: 12_500, now: 12_500 }, [BACKLOG_COUNTED_TO, 0]],
])("%s", async (_case, circumstances, [hostnames, seconds]) => {
  expect(await scrape(circumstances)).toEqual([
    `switchboard_backlog_hostnames ${hostnames}`,
    `switchboard_backlog_oldest_seconds ${seconds}`,
  ]);
});
