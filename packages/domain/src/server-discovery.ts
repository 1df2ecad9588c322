import type { FetchFailure } from "./fetch-report.ts";
import { err, ok, type Result } from "./result.ts";
import { type Hostname, hostnameOf, isAddressLiteral, parseHostname, portOf, type ServerName } from "./server-name.ts";
import type { SrvRecord } from "./srv-record.ts";
import type { WellKnownAnswer } from "./well-known-server.ts";

/** The services whose SRV records are looked up, in this order; the second is deprecated. */
export type SrvService = "_matrix-fed._tcp" | "_matrix._tcp";

/** The steps of "Resolving server names" (server-server API) at which a target is found. */
export type TargetRule = SrvRule | "1" | "2" | "3.1" | "3.2" | "3.5" | "6";
/** Those at which SRV records are looked up. */
export type SrvRule = "3.3" | "3.4" | "4" | "5";

/** What DNS says of a service. */
export type SrvAnswer =
  /** In the order in which they are to be tried. */
  | { readonly kind: "found"; readonly records: readonly SrvRecord[] }
  | {
      readonly kind: "none";
      readonly reason: "no-srv-record" | FetchFailure;
      /** The fact, for people. */
      readonly detail: string;
    };

/** Where to send federation requests, and whom to expect there. */
export type FederationTarget = {
  readonly rule: TargetRule;
  /** Its addresses are to be connected to: a name, or an address literal. */
  readonly host: Hostname;
  readonly port: number;
  /** The certificate must be valid for it; sent as SNI where it is a name. Never the target of an SRV record (MSC1711). */
  readonly tlsName: Hostname;
  readonly hostHeader: string;
};

/** What has been learned so far: null, or no member, for what has not been asked. */
export type DiscoveryFacts = {
  readonly wellKnown: WellKnownAnswer | null;
  readonly srv: Readonly<Partial<Record<SrvService, SrvAnswer>>>;
};

/** What to do next. */
export type DiscoveryDecision =
  | { readonly kind: "read-well-known"; readonly hostname: Hostname }
  | {
      readonly kind: "look-up-srv";
      readonly rule: SrvRule;
      readonly service: SrvService;
      readonly hostname: Hostname;
    }
  /** The targets are alternatives, in the order in which they are to be tried. */
  | { readonly kind: "connect"; readonly targets: readonly [FederationTarget, ...FederationTarget[]] }
  /** DNS has SRV records and none that can be used: `srv-not-offered` where it says so (RFC 2782, a target of "."). */
  | { readonly kind: "end"; readonly reason: SrvDeadEnd };

export type SrvDeadEnd = "srv-not-offered" | "srv-unusable";

/**
 * Decides the next step in finding a server (server-server API, "Resolving server names"; MSC1708, MSC1711, MSC1831).
 * Total: every name and all facts have exactly one next step, and answering what is asked leads to a target or an end in
 * three questions at most. `federationPort` is 8448 but for tests and private federations. An SRV look-up that fails
 * counts as one that finds nothing: the name that the certificate must have is the same either way.
 */
export function decideDiscovery(
  serverName: ServerName,
  facts: DiscoveryFacts,
  federationPort: number,
): DiscoveryDecision {
  const named = { name: partsOf(serverName), federationPort };
  const direct = decideWithoutDns({ ...named, rules: { literal: "1", port: "2" } });
  if (direct !== null) return direct;
  if (facts.wellKnown === null) return { kind: "read-well-known", hostname: named.name.hostname };
  if (facts.wellKnown.kind === "none") {
    return decideBySrv({ ...named, facts, rules: { srv: "4", deprecated: "5", neither: "6" } });
  }
  const delegated = { name: partsOf(facts.wellKnown.serverName), federationPort };
  return (
    decideWithoutDns({ ...delegated, rules: { literal: "3.1", port: "3.2" } }) ??
    decideBySrv({ ...delegated, facts, rules: { srv: "3.3", deprecated: "3.4", neither: "3.5" } })
  );
}

type NameParts = { readonly hostname: Hostname; readonly port: number | null };

function partsOf(name: ServerName): NameParts {
  return { hostname: hostnameOf(name), port: portOf(name) };
}

/** An address literal or an explicit port leaves no question; null where there is neither. */
function decideWithoutDns(question: {
  readonly name: NameParts;
  readonly federationPort: number;
  readonly rules: { readonly literal: "1" | "3.1"; readonly port: "2" | "3.2" };
}): DiscoveryDecision | null {
  const { name, federationPort, rules } = question;
  if (isAddressLiteral(name.hostname)) return connectTo(name, rules.literal, name.port ?? federationPort);
  return name.port === null ? null : connectTo(name, rules.port, name.port);
}

function decideBySrv(question: {
  readonly name: NameParts;
  readonly federationPort: number;
  readonly facts: DiscoveryFacts;
  readonly rules: { readonly srv: "3.3" | "4"; readonly deprecated: "3.4" | "5"; readonly neither: "3.5" | "6" };
}): DiscoveryDecision {
  const { name, federationPort, facts, rules } = question;
  const lookUps = [
    { rule: rules.srv, service: "_matrix-fed._tcp" },
    { rule: rules.deprecated, service: "_matrix._tcp" },
  ] as const;
  for (const { rule, service } of lookUps) {
    const answer = facts.srv[service];
    if (answer === undefined) return { kind: "look-up-srv", rule, service, hostname: name.hostname };
    if (answer.kind === "found") return decideByRecords(name, rule, answer.records);
  }
  return connectTo(name, rules.neither, federationPort);
}

function decideByRecords(name: NameParts, rule: SrvRule, records: readonly SrvRecord[]): DiscoveryDecision {
  const targets = records.flatMap((record): FederationTarget[] => {
    const host = parseTarget(record);
    return host.ok ? [{ ...targetFor(name, rule, record.port), host: host.value }] : [];
  });
  const [first, ...others] = targets;
  if (first !== undefined) return { kind: "connect", targets: [first, ...others] };
  const isDeclined = records.length > 0 && records.every(({ target }) => target === "");
  return { kind: "end", reason: isDeclined ? "srv-not-offered" : "srv-unusable" };
}

/** DNS may hold any bytes and any port; what no hostname is, nobody can connect to. */
function parseTarget({ target, port }: SrvRecord): Result<Hostname, null> {
  const host = parseHostname(target);
  return host.ok && port > 0 ? ok(host.value) : err(null);
}

function connectTo(name: NameParts, rule: TargetRule, port: number): DiscoveryDecision {
  return { kind: "connect", targets: [targetFor(name, rule, port)] };
}

/** The Host header has a port where the name has one, whatever port is connected to. */
function targetFor({ hostname, port: given }: NameParts, rule: TargetRule, port: number): FederationTarget {
  const hostHeader = given === null ? hostname : `${hostname}:${given}`;
  return { rule, host: hostname, port, tlsName: hostname, hostHeader };
}
