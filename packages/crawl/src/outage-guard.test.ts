import { OUTAGE_POLICY, type Sighting, toInstant } from "@switchboard/domain";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createOutageGuard, type DecidedProbe, type OutageVerdict } from "./outage-guard.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) }));
afterEach(() => void vi.useRealTimers());

const clock = () => toInstant(Date.now());
const never = new AbortController().signal;

function setUp({ known = 8 }: { known?: number } = {}) {
  const network = { isWell: true };
  const directory = { known };
  const log = { warn: vi.fn(), error: vi.fn() };
  const askWitness = vi.fn(async (): Promise<Sighting["end"]> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return network.isWell ? "answer" : "silence";
  });
  const guard = createOutageGuard({
    policy: OUTAGE_POLICY,
    sampleAnswering: async (limit) =>
      Array.from({ length: Math.min(limit, directory.known) }, (_, n) => `witness${n}.test` as never),
    askWitness,
    clock,
    log,
  });
  const verdicts = new Map<string, OutageVerdict>();
  /** A probe that took 50 ms and ends now. */
  function judge(name: string, before: Sighting["before"], step: DecidedProbe["step"], signal: AbortSignal) {
    const state = {
      span: before === "never-probed" ? null : {},
      failingSince: before === "failed" ? toInstant(0) : null,
    } as DecidedProbe["state"];
    const endedAt = clock();
    const begunAt = toInstant(endedAt - 50);
    return guard.judge({ hostname: name as never, state, step, begunAt, endedAt }, signal);
  }
  function end(name: string, before: Sighting["before"], step: DecidedProbe["step"], signal = never): void {
    const judged = judge(name, before, step, signal);
    if (judged instanceof Promise) void judged.then((verdict) => verdicts.set(name, verdict));
    else verdicts.set(name, judged);
  }
  /** So many probes, ten a second. */
  async function endMany(count: number, prefix: string, before: Sighting["before"], step: DecidedProbe["step"]) {
    for (let n = 0; n < count; n += 1) {
      end(`${prefix}${n}`, before, step);
      await vi.advanceTimersByTimeAsync(10);
    }
  }
  const verdictsOf = (prefix: string) => [...verdicts].filter(([name]) => name.startsWith(prefix)).map(([, it]) => it);
  return { guard, judge, network, directory, log, askWitness, verdicts, end, endMany, verdictsOf };
}

const absent = { kind: "absent", reason: null } as const;
const timeout = { kind: "unreachable", reason: "connect-timeout" } as const;
const noDns = { kind: "unreachable", reason: "dns-failure" } as const;

test("answers, and failures of names that were dead before, are recorded at once", async () => {
  const { end, verdicts } = setUp();
  end("fine", "answered", absent);
  end("new", "never-probed", timeout);
  end("dead", "failed", noDns);
  expect([...verdicts.values()]).toEqual(["record", "record", "record"]);
});

test("a failure among names that answer is recorded when its neighbours have shown that they do", async () => {
  const { end, endMany, verdicts, askWitness } = setUp();
  await endMany(30, "before", "answered", absent);
  end("gone", "answered", timeout);
  await vi.advanceTimersByTimeAsync(60);
  await endMany(19, "after", "answered", absent);
  expect(verdicts.has("gone")).toBe(false);
  await endMany(1, "last", "answered", absent);
  expect(verdicts.get("gone")).toBe("record");
  expect(askWitness).not.toHaveBeenCalled();
});

test("a short gap in the network: what failed in it is looked at again, and nothing is recorded", async () => {
  const { endMany, verdictsOf } = setUp();
  await endMany(200, "before", "answered", absent);
  await endMany(60, "gap", "answered", timeout);
  await endMany(200, "after", "answered", absent);
  expect(verdictsOf("gap")).toHaveLength(60);
  expect(verdictsOf("gap").filter((verdict) => verdict === "record")).toEqual([]);
});

test("where neighbours are rare, witnesses are asked", async () => {
  const { end, verdicts, askWitness } = setUp();
  end("gone", "answered", timeout);
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.holdMs);
  expect(askWitness).toHaveBeenCalledTimes(OUTAGE_POLICY.witnesses);
  await vi.advanceTimersByTimeAsync(100);
  expect(verdicts.get("gone")).toBe("record");
});

test("a directory too small for witnesses believes what it sees", async () => {
  const { end, verdicts } = setUp({ known: 2 });
  end("gone", "answered", timeout);
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.holdMs + 100);
  expect(verdicts.get("gone")).toBe("record");
});

test("an outage: paused, told once, nothing recorded; over when witnesses answer", async () => {
  const { guard, network, endMany, verdictsOf, log, end, verdicts } = setUp();
  await endMany(200, "before", "answered", absent);
  network.isWell = false;
  await endMany(100, "lost", "answered", noDns);
  await vi.advanceTimersByTimeAsync(500);
  expect(guard.isPaused()).toBe(true);
  expect(guard.hasOutage()).toBe(true);
  // All but those of the very edge, whose neighbours before were well: these are looked at again, too.
  expect(verdictsOf("lost")).toHaveLength(100);
  expect(verdictsOf("lost").filter((verdict) => verdict === "record")).toEqual([]);
  end("in-flight", "answered", absent);
  end("dead", "failed", noDns);
  expect(verdicts.get("in-flight")).toBe("record");
  expect(verdicts.get("dead")).toEqual({ afterMs: 0 });
  let isClear = false;
  void guard.untilClear(never).then(() => {
    isClear = true;
  });
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(isClear).toBe(false);
  expect(log.error).toHaveBeenCalledTimes(1);
  network.isWell = true;
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.longestCheckMs + 200);
  expect(isClear).toBe(true);
  expect(guard.hasOutage()).toBe(false);
  expect(log.error).toHaveBeenCalledTimes(1);
});

test("a directory that goes away during an outage does not end it", async () => {
  const { guard, network, directory, endMany } = setUp();
  network.isWell = false;
  await endMany(30, "lost", "answered", timeout);
  await vi.advanceTimersByTimeAsync(1_000);
  directory.known = 0;
  network.isWell = true;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(guard.hasOutage()).toBe(true);
  directory.known = 8;
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.longestCheckMs);
  expect(guard.hasOutage()).toBe(false);
});

test("a worker that stops does not wait for the end of an outage", async () => {
  const { guard, network, endMany } = setUp();
  network.isWell = false;
  await endMany(30, "lost", "answered", noDns);
  const stop = new AbortController();
  const waiting = guard.untilClear(stop.signal);
  stop.abort();
  await waiting;
  expect(guard.isPaused()).toBe(true);
});

test("an outage in a quiet hour is found by a single failure", async () => {
  const { guard, network, end, verdicts } = setUp();
  network.isWell = false;
  end("lost", "answered", noDns);
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.holdMs + 300);
  expect(verdicts.get("lost")).toEqual({ afterMs: 0 });
  expect(guard.hasOutage()).toBe(true);
});

test("a first start without a network records nothing, and goes on when somebody is heard", async () => {
  const { guard, network, endMany, verdictsOf } = setUp({ known: 0 });
  network.isWell = false;
  await endMany(60, "new", "never-probed", noDns);
  await vi.advanceTimersByTimeAsync(500);
  expect(guard.hasOutage()).toBe(true);
  expect(verdictsOf("new")).toHaveLength(60);
  expect(verdictsOf("new").filter((verdict) => verdict === "record")).toEqual([]);
  network.isWell = true;
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.longestCheckMs);
  expect(guard.isPaused()).toBe(false);
});

test("a few new names without a resolver of their own are what they are", async () => {
  const { guard, end, endMany, verdictsOf, verdicts } = setUp({ known: 0 });
  await endMany(10, "new", "never-probed", noDns);
  expect(verdictsOf("new")).toEqual([]);
  await vi.advanceTimersByTimeAsync(60);
  end("heard", "never-probed", timeout);
  await vi.advanceTimersByTimeAsync(0);
  expect(verdictsOf("new")).toEqual(Array(10).fill("record"));
  end("alone", "never-probed", noDns);
  await vi.advanceTimersByTimeAsync(OUTAGE_POLICY.holdMs + 200);
  expect(verdicts.get("alone")).toBe("record");
  expect(guard.isPaused()).toBe(false);
});

test("a big hoster dies for real: believed when its names fail again while witnesses answer", async () => {
  const { guard, judge, log } = setUp();
  let looks = 0;
  let recorded = 0;
  async function lookUntilRecorded(n: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20 * n));
    for (;;) {
      await guard.untilClear(never);
      looks += 1;
      const verdict = await judge(`hosted${n}`, "answered", timeout, never);
      if (verdict === "record") break;
      await new Promise((resolve) => setTimeout(resolve, verdict.afterMs + 10));
    }
    recorded += 1;
  }
  for (let n = 0; n < 500; n += 1) void lookUntilRecorded(n);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(recorded).toBe(500);
  // Twice each, as a rule.
  expect(looks).toBeLessThan(1_250);
  expect(log.error).not.toHaveBeenCalled();
});

test("a stop drops what waits, so that it is handed back", async () => {
  const { end, verdicts } = setUp();
  const stop = new AbortController();
  end("gone", "answered", timeout, stop.signal);
  stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(verdicts.get("gone")).toEqual({ afterMs: 0 });
  end("late", "answered", timeout, stop.signal);
  await vi.advanceTimersByTimeAsync(0);
  expect(verdicts.get("late")).toEqual({ afterMs: 0 });
});
