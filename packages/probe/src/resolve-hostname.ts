import { promises as dns } from "node:dns";
import type { FetchFailure } from "@switchboard/domain";
import { type FailedEnd, failed } from "./fetch-end.ts";

/** What DNS says of a hostname: its addresses as text, the families taking turns, or why there is none. */
type Resolution =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly end: FailedEnd };

export type HostnameResolver = {
  /** Asks for A and AAAA records at once. Rejects with the signal's reason where it is aborted. */
  resolve(hostname: string, signal: AbortSignal): Promise<Resolution>;
  /** Drops what is still being asked. */
  close(): void;
};

/** One c-ares channel loses answers in bursts of hundreds of names; with four none was lost. */
const CHANNELS = 4;
const TRIES = 3;
/** Silence then takes under half of the deadline, if it is one server's. */
const TRY_PART_OF_DEADLINE = 1 / 7.5;
const MIN_TRY_MS = 100;
const MAX_TRY_MS = 2_000;
/** How long a family with addresses waits for the other (a longer "Resolution Delay" than RFC 8305 §3: nobody watches). */
const OTHER_FAMILY_PART_OF_DEADLINE = 1 / 10;

const CODE_FAILURES: ReadonlyMap<string, { readonly reason: FetchFailure; readonly says: string }> = new Map([
  // NXDOMAIN holds for the whole name, whatever the type asked for (RFC 8020).
  ["ENOTFOUND", { reason: "dns-not-found", says: "does not exist" }],
  ["EBADNAME", { reason: "dns-not-found", says: "cannot be a DNS name" }],
  ["ETIMEOUT", { reason: "dns-timeout", says: "was not answered in time" }],
  ["ENODATA", { reason: "dns-no-address", says: "has no such address" }],
]);

type FamilyAnswer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly code: string };

/**
 * Builds a resolver on c-ares, which neither uses libuv's small thread pool nor reads /etc/hosts. `dnsServers` are
 * `ip` or `ip:port`, null for the system's; `deadlineMs` is a whole probe's, inside which silence must be noticed.
 * Throws where a server is no IP address.
 */
export function createHostnameResolver(options: {
  readonly dnsServers: readonly string[] | null;
  readonly deadlineMs: number;
}): HostnameResolver {
  const { dnsServers, deadlineMs } = options;
  const timeout = Math.round(Math.min(MAX_TRY_MS, Math.max(MIN_TRY_MS, deadlineMs * TRY_PART_OF_DEADLINE)));
  const channels = Array.from({ length: CHANNELS }, () => {
    // Without the cap c-ares doubles the time at each try, to three times as much in all.
    const channel = new dns.Resolver({ timeout, tries: TRIES, maxTimeout: timeout });
    if (dnsServers !== null) channel.setServers(dnsServers);
    return channel;
  });
  const turns = cycle(channels);
  const graceMs = deadlineMs * OTHER_FAMILY_PART_OF_DEADLINE;
  return {
    resolve: (hostname, signal) => askBothFamilies({ channel: turns.next().value, hostname, signal, graceMs }),
    close() {
      for (const channel of channels) channel.cancel();
    },
  };
}

function* cycle<T>(items: readonly T[]): Generator<T, never> {
  for (;;) yield* items;
}

function askBothFamilies(question: {
  readonly channel: dns.Resolver;
  readonly hostname: string;
  readonly signal: AbortSignal;
  readonly graceMs: number;
}): Promise<Resolution> {
  const { channel, hostname, signal, graceMs } = question;
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<Resolution>();
  const answers: [FamilyAnswer | null, FamilyAnswer | null] = [null, null];
  let grace: NodeJS.Timeout | undefined;
  let settled = false;

  // A query cannot be cancelled alone: cancelling a channel would take other probes' queries with it. One that nobody
  // waits for any longer ends by its own time-out.
  signal.addEventListener("abort", stop);
  channel.resolve4(hostname).then(
    (addresses) => take(0, { kind: "addresses", addresses }),
    (error) => fail(0, error),
  );
  channel.resolve6(hostname).then(
    (addresses) => take(1, { kind: "addresses", addresses }),
    (error) => fail(1, error),
  );
  return promise;

  function take(family: 0 | 1, answer: FamilyAnswer): void {
    if (settled) return;
    answers[family] = answer;
    if (answers[1 - family] !== null) conclude();
    else if (answer.kind === "addresses") grace = setTimeout(conclude, graceMs);
  }

  function fail(family: 0 | 1, error: unknown): void {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      take(family, { kind: "failed", code: error.code });
      return;
    }
    // Node's DNS errors carry c-ares' code: anything else says nothing about the name.
    settle();
    reject(error);
  }

  function conclude(): void {
    settle();
    resolve(
      mergeFamilies(
        hostname,
        answers.filter((answer) => answer !== null),
      ),
    );
  }

  function stop(): void {
    settle();
    reject(signal.reason);
  }

  function settle(): void {
    settled = true;
    clearTimeout(grace);
    signal.removeEventListener("abort", stop);
  }
}

/** One family's failure does not fail a name whose other family answered. */
function mergeFamilies(hostname: string, answers: readonly FamilyAnswer[]): Resolution {
  const lists = answers.map((answer) => (answer.kind === "addresses" ? answer.addresses : []));
  const addresses = takeTurns(lists);
  if (addresses.length > 0) return { kind: "addresses", addresses };
  const codes = answers.map((answer) => (answer.kind === "failed" ? answer.code : "ENODATA"));
  // What is certain comes first, then what may pass; that both families lack addresses is left to the last.
  const code =
    codes.find((each) => each === "ENOTFOUND" || each === "EBADNAME") ??
    codes.find((each) => each === "ETIMEOUT") ??
    codes.find((each) => each !== "ENODATA") ??
    "ENODATA";
  const failure = CODE_FAILURES.get(code);
  return {
    kind: "failed",
    end:
      failure === undefined
        ? failed("dns-failure", `DNS gave no answer for ${hostname} (${code})`)
        : failed(failure.reason, `${hostname} ${failure.says} (DNS ${code})`),
  };
}

function takeTurns(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)));
  return [...new Set(turns.flat())];
}
