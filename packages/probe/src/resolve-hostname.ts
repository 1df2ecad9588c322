import type { Resolver } from "node:dns/promises";
import type { DnsChannels } from "./dns-channels.ts";
import { dnsCodeOf, dnsFailure } from "./dns-failure.ts";
import type { FailedEnd } from "./fetch-end.ts";

/** What DNS says of a hostname: its addresses as text, the families taking turns, or why there is none. */
type Resolution =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly end: FailedEnd };

export type HostnameResolver = {
  /** Asks for A and AAAA records at once. Rejects with the signal's reason where it is aborted. */
  resolve(hostname: string, signal: AbortSignal): Promise<Resolution>;
};

type FamilyAnswer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly code: string };

/** Builds a resolver on these channels. A family with addresses waits for the other for `graceMs`. */
export function createHostnameResolver(channels: DnsChannels, graceMs: number): HostnameResolver {
  return {
    resolve: (hostname, signal) => askBothFamilies({ channel: channels.next(), hostname, signal, graceMs }),
  };
}

function askBothFamilies(question: {
  readonly channel: Resolver;
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
    const code = dnsCodeOf(error);
    if (code !== null) {
      take(family, { kind: "failed", code });
      return;
    }
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
  return { kind: "failed", end: dnsFailure(hostname, code) };
}

function takeTurns(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)));
  return [...new Set(turns.flat())];
}
