import {
  earlierNeighbours,
  endOf,
  type Hostname,
  type Instant,
  isDoubtful,
  judgeFailure,
  judgeWitnesses,
  type Neighbourhood,
  NO_EVIDENCE,
  type OutageEvidence,
  type OutagePolicy,
  type ServerState,
  type Sighting,
  type SpanStep,
  suspectOutage,
  withSighting,
} from "@switchboard/domain";
import type { Log } from "./log.ts";

/** What to do with a decision: record it, or drop it and make its hostname due again `afterMs` from now. */
export type OutageVerdict = "record" | { readonly afterMs: number };

/** One probe that has come to a decision. */
export type DecidedProbe = {
  readonly hostname: Hostname;
  /** Before the probe. */
  readonly state: ServerState;
  readonly step: Pick<SpanStep, "kind" | "reason">;
  readonly begunAt: Instant;
  readonly endedAt: Instant;
};

/** Keeps an outage of our own from being told as the servers' failure (docs/revisit-policy.md, "Our own outages"). */
export type OutageGuard = {
  /** Whether nothing is to be claimed or probed just now. */
  isPaused(): boolean;
  /** Whether an outage of our own lasts. */
  hasOutage(): boolean;
  /** Resolves when claiming may go on, or `signal` aborts. */
  untilClear(signal: AbortSignal): Promise<void>;
  /** At once for almost all; a doubtful failure waits until it is clear whose it is, at most until `signal` aborts. */
  judge(probe: DecidedProbe, signal: AbortSignal): OutageVerdict | Promise<OutageVerdict>;
};

export type OutageGuardOptions = {
  readonly policy: OutagePolicy;
  /** Names whose last outcome was an answer, at random. */
  readonly sampleAnswering: (limit: number) => Promise<readonly Hostname[]>;
  /** Probes a witness without recording anything; null where it could not be asked. */
  readonly askWitness: (hostname: Hostname) => Promise<Sighting["end"] | null>;
  readonly clock: () => Instant;
  readonly log: Log;
};

/** Names whose failure was not believed once; more are not remembered. */
const MAX_DOUBTED = 20_000;
/** Of those that met silence so many are remembered to be asked again. */
const MAX_SILENT = 64;
const AT_ONCE: OutageVerdict = { afterMs: 0 };

/** A doubtful decision that waits for its verdict. */
type Held = {
  readonly hostname: Hostname;
  readonly sighting: Sighting;
  readonly earlier: Neighbourhood;
  later: Neighbourhood;
  readonly settle: (verdict: OutageVerdict) => void;
};

/** Creates the guard of one process; several each judge for themselves. */
export function createOutageGuard(options: OutageGuardOptions): OutageGuard {
  const { policy, sampleAnswering, askWitness, clock, log } = options;
  const held = new Set<Held>();
  /** Their next failure is believed as soon as witnesses show that the network is well. */
  const doubted = new Set<Hostname>();
  /** The latest that met silence: who to ask where the directory knows nobody who ever answered. */
  const silent = new Set<Hostname>();
  const waiting = new Set<() => void>();
  let evidence: OutageEvidence = NO_EVIDENCE;
  let paused = false;
  let declared = false;
  let checking: Promise<void> | null = null;

  function judge(probe: DecidedProbe, signal: AbortSignal): OutageVerdict | Promise<OutageVerdict> {
    const sighting = toSighting(probe);
    const earlier = isDoubtful(sighting) ? earlierNeighbours(evidence, policy) : null;
    // A second failure is the witnesses' to judge: counted again, a hoster that died would raise the alarm for ever.
    const isSecond = sighting.end !== "answer" && doubted.has(probe.hostname);
    if (!isSecond) evidence = withSighting(evidence, sighting, policy);
    for (const one of held) settleBy(one, sighting);
    if (sighting.end === "answer") {
      doubted.delete(probe.hostname);
      return "record";
    }
    if (sighting.end === "silence") remember(silent, probe.hostname, MAX_SILENT);
    if (!paused && suspectOutage(evidence, clock(), policy) !== null) void raiseAlarm();
    if (paused) {
      remember(doubted, probe.hostname, MAX_DOUBTED);
      return AT_ONCE;
    }
    return earlier === null ? "record" : hold({ hostname: probe.hostname, sighting, earlier }, signal);
  }

  function hold(
    doubtful: Pick<Held, "hostname" | "sighting" | "earlier">,
    signal: AbortSignal,
  ): Promise<OutageVerdict> {
    if (signal.aborted) return Promise.resolve(AT_ONCE);
    return new Promise((resolve) => {
      const one: Held = {
        ...doubtful,
        later: { seen: 0, failed: 0 },
        settle(verdict) {
          held.delete(one);
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          if (verdict !== "record") remember(doubted, one.hostname, MAX_DOUBTED);
          resolve(verdict);
        },
      };
      const onAbort = () => one.settle(AT_ONCE);
      signal.addEventListener("abort", onAbort);
      const timer = setTimeout(check, doubted.has(one.hostname) ? 0 : policy.holdMs);
      held.add(one);
    });
  }

  /** What a later probe says of one that waits; only one that began after it says anything. */
  function settleBy(one: Held, seen: Sighting): void {
    if (seen.begunAt < one.sighting.endedAt) return;
    if (one.sighting.before === "never-probed") {
      if (seen.end !== "silence") one.settle("record");
      return;
    }
    if (seen.before !== "answered" || doubted.has(one.hostname)) return;
    one.later = { seen: one.later.seen + 1, failed: one.later.failed + (seen.end === "answer" ? 0 : 1) };
    const verdict = judgeFailure(one, policy);
    if (verdict === "believe") one.settle("record");
    else if (verdict === "look-again") one.settle({ afterMs: policy.secondLookMs });
  }

  /** Asks witnesses about those that wait now; an alarm asks them by itself. */
  function check(): void {
    if (paused || checking !== null) return;
    const concerned = [...held];
    checking = askWitnesses([]).then((verdict) => {
      checking = null;
      if (paused) return;
      if (verdict === "ours") void raiseAlarm();
      else for (const one of concerned) one.settle("record");
      if (held.size > 0) setTimeout(check, policy.holdMs);
    });
  }

  async function askWitnesses(others: readonly Hostname[]): Promise<ReturnType<typeof judgeWitnesses>> {
    const known = await sampleAnswering(policy.witnesses).catch(() => []);
    const isKnown = known.length >= policy.leastWitnesses;
    const asked = isKnown ? known : others.slice(-policy.witnesses);
    const ends = (await Promise.all(asked.map(askWitness))).filter((end) => end !== null);
    // Of those who never answered it is enough that anybody is heard: nobody knows whether they ever will answer.
    const answered = ends.filter((end) => (isKnown ? end === "answer" : end !== "silence")).length;
    return judgeWitnesses({ asked: ends.length, answered }, policy);
  }

  async function raiseAlarm(): Promise<void> {
    paused = true;
    const suspected = suspectOutage(evidence, clock(), policy) ?? "answers-gone";
    const since = clock();
    for (const one of held) one.settle(AT_ONCE);
    for (let pauseMs = policy.firstCheckMs; ; pauseMs = Math.min(2 * pauseMs, policy.longestCheckMs)) {
      const verdict = await askWitnesses([...silent]);
      // Too few to ask says nothing: of an outage that lasts it does not say that it is over.
      if (verdict === "well" || (verdict === "too-few" && !declared)) break;
      if (!declared) {
        declared = true;
        log.error(
          { suspected },
          "this looks like an outage of our own: servers that answered before, or everybody, cannot be reached. " +
            "The crawl pauses and records nothing of it. Check this machine's network, its DNS servers, its clock and its firewall",
        );
      }
      await sleepUnheeded(pauseMs);
    }
    if (declared) log.warn({ lastedMs: clock() - since }, "the outage of our own is over: the crawl goes on");
    else log.warn({ suspected }, "many servers fail at once, yet others answer: those that fail are looked at again");
    declared = false;
    paused = false;
    evidence = NO_EVIDENCE;
    silent.clear();
    for (const goOn of waiting) goOn();
  }

  return {
    isPaused: () => paused,
    hasOutage: () => declared,
    judge,
    untilClear(signal) {
      if (!paused || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const goOn = () => {
          waiting.delete(goOn);
          signal.removeEventListener("abort", goOn);
          resolve();
        };
        waiting.add(goOn);
        signal.addEventListener("abort", goOn);
      });
    },
  };
}

function toSighting({ state, step, begunAt, endedAt }: DecidedProbe): Sighting {
  const before = state.span === null ? "never-probed" : state.failingSince === null ? "answered" : "failed";
  return { begunAt, endedAt, before, end: endOf(step) };
}

/** Adds to a set that keeps the latest only. */
function remember<T>(set: Set<T>, item: T, atMost: number): void {
  set.delete(item);
  set.add(item);
  if (set.size > atMost) for (const oldest of set.values()) return void set.delete(oldest);
}

/** Waits without keeping a process alive that has nothing else to do. */
function sleepUnheeded(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
