import type { FetchFailure, Hop, HopHeaders, ProbeTiming, TlsFacts } from "@switchboard/domain";
import type { VettedAddress } from "./address-guard.ts";

/** What a probe waits for. Where the time ends tells the reason for its end. */
type ProbePhase = "dns" | "connect" | "answer";

/** The facts a probe gathers on its way; whatever ends it, they are in the report. */
export type ProbeTrace = {
  readonly hops: readonly Hop[];
  readonly timeoutReason: FetchFailure;
  tls: TlsFacts | null;
  conditional: boolean;
  /** Begins the next request; the one before ends without answer if it has none. */
  startHop(url: string): void;
  /** Where the present request's connection leads. */
  reach(address: VettedAddress): void;
  endHop(answer: { readonly status: number; readonly headers: HopHeaders }): void;
  /** Runs `work` as a phase and adds its time, rejections included. */
  time<T>(phase: ProbePhase, work: () => Promise<T>): Promise<T>;
  noteFirstByte(): void;
  /** Ends the last request if it is open, and gives the times. */
  finish(): ProbeTiming;
};

const TIMEOUT_REASONS: Record<ProbePhase, FetchFailure> = {
  dns: "dns-timeout",
  connect: "connect-timeout",
  answer: "timeout",
};

/** Starts a trace; `elapsedMs` is the probe's own stopwatch, which leaves out waiting for our limits. */
export function startTrace(elapsedMs: () => number): ProbeTrace {
  const hops: Hop[] = [];
  const spentMs: Record<ProbePhase, number | null> = { dns: null, connect: null, answer: null };
  let open: { readonly url: string; address: VettedAddress | null } | null = null;
  let phase: ProbePhase = "dns";
  let firstByteMs: number | null = null;

  function endOpenHop(status: number | null, headers: HopHeaders | null): void {
    if (open !== null) hops.push({ url: open.url, status, address: open.address, headers });
    open = null;
  }

  return {
    hops,
    get timeoutReason() {
      return TIMEOUT_REASONS[phase];
    },
    tls: null,
    conditional: false,
    startHop(url) {
      endOpenHop(null, null);
      open = { url, address: null };
    },
    reach(address) {
      if (open !== null) open.address = address;
    },
    endHop: ({ status, headers }) => endOpenHop(status, headers),
    async time(nextPhase, work) {
      phase = nextPhase;
      const from = elapsedMs();
      try {
        return await work();
      } finally {
        spentMs[nextPhase] = (spentMs[nextPhase] ?? 0) + elapsedMs() - from;
      }
    },
    noteFirstByte() {
      firstByteMs = elapsedMs();
    },
    finish() {
      endOpenHop(null, null);
      return {
        totalMs: toTenths(elapsedMs()),
        dnsMs: toTenths(spentMs.dns),
        connectMs: toTenths(spentMs.connect),
        firstByteMs: toTenths(firstByteMs),
      };
    },
  };
}

function toTenths(ms: number): number;
function toTenths(ms: number | null): number | null;
function toTenths(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
