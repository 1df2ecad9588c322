import {
  type DnsPlan,
  type ExpectedOutcome,
  healthyHost,
  type Plan,
  type RecordAnswer,
  resolvesTo,
  type Site,
  type TextAnswer,
} from "../plan.ts";
import { planDocument } from "./document-behaviour.ts";

export const DNS_ANSWERS = [
  "name-error",
  "no-address",
  "server-failure",
  "query-refused",
  "silence",
  "private-address",
  "mixed-addresses",
  "private-v6-beside-public",
  "mapped-private-address",
  "loopback-v6",
  "unspecified-address",
  "v6-failing",
  "v6-name-error",
  "v6-silent",
  "v4-failing-and-no-v6",
  "alias",
  "many-addresses",
  "first-address-refuses",
  "record-silent",
  "record-failing",
  "records-of-others",
  "record-malformed",
  "record-says-yes",
] as const;

/** Would serve a document, but its name resolves in an unusual way or not at all. */
export type DnsBehaviour = { readonly family: "dns"; readonly how: (typeof DNS_ANSWERS)[number] };

/** More than one datagram of any size holds, so that the answer must be asked for again over TCP. */
const MANY_ADDRESSES = 120;

const DOCUMENT: ExpectedOutcome = { kind: "document", verdict: "valid" };
const FORBIDDEN: ExpectedOutcome = { kind: "refused", reason: "forbidden-address" };

/** What a server does whose name is the trouble. */
export function planDns(behaviour: DnsBehaviour, site: Site): Plan {
  const { dns, truth } = answersOf(behaviour.how, site);
  return {
    ...planDocument({ family: "document", document: "admin-both", delivery: "plain" }, site),
    hosts: { own: { ...healthyHost(site), dns } },
    truth,
  };
}

function answersOf(how: DnsBehaviour["how"], site: Site): { dns: DnsPlan; truth: ExpectedOutcome } {
  const found = resolvesTo([site.address]);
  switch (how) {
    case "name-error":
      return { dns: both({ kind: "name-error" }), truth: { kind: "unreachable", reason: "dns-not-found" } };
    case "no-address":
      return { dns: both({ kind: "no-records" }), truth: { kind: "unreachable", reason: "dns-no-address" } };
    case "server-failure":
      return { dns: both({ kind: "server-failure" }), truth: { kind: "unreachable", reason: "dns-failure" } };
    case "query-refused":
      return { dns: both({ kind: "query-refused" }), truth: { kind: "unreachable", reason: "dns-failure" } };
    case "silence":
      return { dns: both({ kind: "silence" }), truth: { kind: "unreachable", reason: "dns-timeout" } };
    case "private-address":
      return { dns: resolvesTo(["10.0.0.1"]), truth: FORBIDDEN };
    case "mixed-addresses":
      return { dns: resolvesTo([site.address, "192.168.1.1"]), truth: FORBIDDEN };
    case "private-v6-beside-public":
      return { dns: { ...found, ipv6: addresses("fd00::1") }, truth: FORBIDDEN };
    case "mapped-private-address":
      return { dns: { ...found, ipv6: addresses("::ffff:10.0.0.1") }, truth: FORBIDDEN };
    case "loopback-v6":
      return { dns: { ...both({ kind: "no-records" }), ipv6: addresses("::1") }, truth: FORBIDDEN };
    case "unspecified-address":
      return { dns: resolvesTo(["0.0.0.0"]), truth: FORBIDDEN };
    case "v6-failing":
      return { dns: { ...found, ipv6: { kind: "server-failure" } }, truth: DOCUMENT };
    case "v6-name-error":
      return { dns: { ...found, ipv6: { kind: "name-error" } }, truth: DOCUMENT };
    case "v6-silent":
      return { dns: { ...found, ipv6: { kind: "silence" } }, truth: DOCUMENT };
    case "v4-failing-and-no-v6":
      return {
        dns: { ...found, ipv4: { kind: "server-failure" } },
        truth: { kind: "unreachable", reason: "dns-failure" },
      };
    case "alias":
      return { dns: { ...found, alias: true }, truth: DOCUMENT };
    case "many-addresses":
      return { dns: resolvesTo(manyAddresses(site)), truth: DOCUMENT };
    case "record-silent":
      return { dns: { ...found, directoryRecords: { kind: "silence" } }, truth: DOCUMENT };
    case "record-failing":
      return { dns: { ...found, directoryRecords: { kind: "server-failure" } }, truth: DOCUMENT };
    case "records-of-others":
      return { dns: { ...found, directoryRecords: texts("v=spf1 -all", "x".repeat(255)) }, truth: DOCUMENT };
    case "record-malformed":
      return { dns: { ...found, directoryRecords: texts("v=switchboard1; directory=off") }, truth: DOCUMENT };
    case "record-says-yes":
      return { dns: { ...found, directoryRecords: texts("v=switchboard1; directory=yes") }, truth: DOCUMENT };
    case "first-address-refuses":
      return { dns: resolvesTo([UNUSED_NEIGHBOUR, site.address]), truth: DOCUMENT };
  }
}

/** Loopback, and nobody listens there. */
const UNUSED_NEIGHBOUR = "127.127.0.2";

function both(answer: RecordAnswer): DnsPlan {
  return { ipv4: answer, ipv6: answer, alias: false };
}

function texts(...list: string[]): TextAnswer {
  return { kind: "texts", records: list.map((text) => [text]) };
}

function addresses(...list: string[]): RecordAnswer {
  return { kind: "addresses", addresses: list };
}

/** The site's own address first, then others at which the federation answers just as well. */
function manyAddresses(site: Site): string[] {
  const others = site.addresses.filter((address) => address !== site.address);
  return [site.address, ...others].slice(0, MANY_ADDRESSES);
}
