import {
  type DiscoveryFailure,
  type DiscoveryReport,
  type FederationTarget,
  type Hostname,
  isAddressLiteral,
  parseHostname,
  parseServerName,
  portOf,
  type ServerSoftware,
  type SrvRecord,
} from "@switchboard/domain";
import {
  type HostLabel,
  type HostPlan,
  healthyHost,
  notFound,
  type Reply,
  resolvesTo,
  type ServiceAnswer,
  type Site,
  urlAt,
} from "../plan.ts";
import {
  answerJson,
  answerPage,
  answerText,
  answerVersion,
  delegateTo,
  redirectTo,
  softwareOf,
} from "./federation-reply.ts";

/** Every way a simulated server can be found, or not, by other servers. */
export const FEDERATION_BEHAVIOURS = [
  "default-port",
  "delegated-with-port",
  "delegated-to-name",
  "delegated-to-literal",
  "delegated-to-literal-without-port",
  "delegated-by-redirect",
  "delegated-with-srv",
  "delegated-with-deprecated-srv",
  "delegated-to-unknown-host",
  "delegated-to-private-address",
  "delegated-to-wrong-certificate",
  "delegated-to-forbidden-port",
  "srv",
  "deprecated-srv",
  "both-srv",
  "srv-second-target",
  "srv-to-private-address",
  "srv-failing",
  "srv-not-offered",
  "srv-unusable",
  "well-known-page",
  "well-known-not-object",
  "well-known-too-deep",
  "well-known-without-server",
  "well-known-bad-server",
  "well-known-error",
  "well-known-loop",
  "version-not-found",
  "version-page",
  "version-without-name",
  "version-hostile",
  "version-endless",
  "version-redirect",
] as const;
export type FederationBehaviour = (typeof FEDERATION_BEHAVIOURS)[number];

/** What must come of discovering a server, in the domain's own words. */
export type ExpectedDiscovery = Pick<DiscoveryReport, "target" | "software" | "reason">;

export const FEDERATION_SERVICES = ["_matrix-fed._tcp", "_matrix._tcp"] as const;
type Services = Readonly<Partial<Record<(typeof FEDERATION_SERVICES)[number], ServiceAnswer>>>;

/** What a server does for those who look for it, beside what it does for those who ask for its support document. */
export type FederationPlan = {
  readonly hosts: Readonly<Partial<Record<HostLabel, HostPlan>>>;
  readonly services: Readonly<Partial<Record<"own" | HostLabel, Services>>>;
  /** Null where the request is none of federation's. */
  readonly reply: (host: "own" | HostLabel, path: string) => Reply | null;
  /** Null for a name with a port or an address literal, of which nothing here is asked but the version. */
  readonly truth: ExpectedDiscovery | null;
};

const WELL_KNOWN_PATH = "/.well-known/matrix/server";
const MOVED_PATH = "/static/matrix-server.json";
export const VERSION_PATH = "/_matrix/federation/v1/version";

/** How one behaviour departs from a server that is asked at the default port and says nothing of itself elsewhere. */
type Way = {
  readonly wellKnown?: Reply;
  readonly version?: Reply;
  readonly hosts?: FederationPlan["hosts"];
  readonly services?: FederationPlan["services"];
  /** Null where discovery finds none; that of the default port where not given. */
  readonly target?: ExpectedDiscovery["target"];
  readonly software?: ServerSoftware;
  readonly reason?: DiscoveryFailure;
};

/** What a server does that behaves like this when it is looked for. */
export function planFederation(behaviour: FederationBehaviour, site: Site): FederationPlan {
  const way = WAYS[behaviour](site);
  const { wellKnown = notFound(), version = answerVersion(site.hostname), hosts = {}, services = {} } = way;
  return {
    hosts,
    services,
    reply: (host, path) => {
      if (path === VERSION_PATH) return version;
      if (path === WELL_KNOWN_PATH && host === "own") return wellKnown;
      return path === MOVED_PATH && behaviour === "delegated-by-redirect"
        ? delegateTo(`matrix.${site.hostname}`)
        : null;
    },
    truth: truthOf(way, site),
  };
}

function truthOf({ target, software, reason }: Way, site: Site): ExpectedDiscovery | null {
  const parsed = parseServerName(site.serverName);
  if (!parsed.ok || portOf(parsed.value) !== null || isAddressLiteral(nameOf(site.hostname))) return null;
  return {
    target: target === undefined ? targetOf(site, { rule: "6" }) : target,
    software: reason === undefined ? (software ?? softwareOf(site.hostname)) : null,
    reason: reason ?? null,
  };
}

const WAYS: Readonly<Record<FederationBehaviour, (site: Site) => Way>> = {
  "default-port": () => ({}),
  "delegated-with-port": (site) => {
    const name = `matrix.${site.hostname}:${site.port}`;
    const target = targetOf(site, { rule: "3.2", host: "matrix", tls: "matrix", hostHeader: name });
    return { wellKnown: delegateTo(name), hosts: { matrix: healthyHost(site) }, target };
  },
  "delegated-to-name": (site) => ({ ...delegation(site), target: delegated(site, "3.5") }),
  "delegated-to-literal": (site) => toLiteral(site, `${site.address}:${site.port}`),
  "delegated-to-literal-without-port": (site) => toLiteral(site, site.address),
  "delegated-by-redirect": (site) => ({
    ...delegation(site),
    wellKnown: redirectTo(urlAt(site, "own", MOVED_PATH)),
    target: delegated(site, "3.5"),
  }),
  "delegated-with-srv": (site) => ({
    ...delegation(site),
    hosts: { matrix: homelessHost(site), node: neighbour(site) },
    services: { matrix: { "_matrix-fed._tcp": services(record(site, "node")), "_matrix._tcp": services(DEAD_RECORD) } },
    target: targetOf(site, { rule: "3.3", host: "node", tls: "matrix" }),
  }),
  "delegated-with-deprecated-srv": (site) => ({
    ...delegation(site),
    hosts: { matrix: homelessHost(site), node: neighbour(site) },
    services: { matrix: { "_matrix._tcp": services(record(site, "node")) } },
    target: targetOf(site, { rule: "3.4", host: "node", tls: "matrix" }),
  }),
  "delegated-to-unknown-host": (site) => ({
    wellKnown: delegateTo(`gone.${site.hostname}`),
    target: { ...targetOf(site, { rule: "3.5", host: "gone", tls: "gone" }), addresses: [] },
    reason: "dns-not-found",
  }),
  "delegated-to-private-address": (site) => ({
    ...delegation(site),
    hosts: { matrix: { ...healthyHost(site), dns: resolvesTo(["10.0.0.1"]) } },
    target: { ...delegated(site, "3.5"), addresses: [] },
    reason: "forbidden-address",
  }),
  "delegated-to-wrong-certificate": (site) => ({
    ...delegation(site),
    hosts: { matrix: { ...healthyHost(site), certificate: "wrong-name" } },
    target: delegated(site, "3.5"),
    reason: "tls-wrong-name",
  }),
  "delegated-to-forbidden-port": (site) => {
    const name = `${site.hostname}:25`;
    const target = { ...targetOf(site, { rule: "3.2", hostHeader: name }), port: 25, addresses: [] };
    return { wellKnown: delegateTo(name), target, reason: "forbidden-port" };
  },
  srv: (site) => ({ ...bySrv(site, record(site, "node")), target: targetOf(site, { rule: "4", host: "node" }) }),
  "deprecated-srv": (site) => ({
    hosts: { node: neighbour(site) },
    services: { own: { "_matrix._tcp": services(record(site, "node")) } },
    target: targetOf(site, { rule: "5", host: "node" }),
  }),
  "both-srv": (site) => ({
    hosts: { node: neighbour(site) },
    services: { own: { "_matrix-fed._tcp": services(record(site, "node")), "_matrix._tcp": services(DEAD_RECORD) } },
    target: targetOf(site, { rule: "4", host: "node" }),
  }),
  "srv-second-target": (site) => ({
    ...bySrv(site, { ...record(site, "node"), priority: 20 }, record(site, "gone")),
    target: targetOf(site, { rule: "4", host: "node" }),
  }),
  "srv-to-private-address": (site) => ({
    ...bySrv(site, record(site, "internal")),
    hosts: { internal: { ...healthyHost(site), dns: resolvesTo(["10.0.0.1"]) } },
    target: { ...targetOf(site, { rule: "4", host: "internal" }), addresses: [] },
    reason: "forbidden-address",
  }),
  "srv-failing": () => ({
    services: { own: { "_matrix-fed._tcp": { kind: "server-failure" }, "_matrix._tcp": { kind: "server-failure" } } },
  }),
  "srv-not-offered": (site) => ({ ...bySrv(site, DEAD_RECORD), target: null, reason: "srv-not-offered" }),
  "srv-unusable": (site) => ({
    ...bySrv(site, { ...record(site, "node"), target: "no host.test" }, { ...record(site, "node"), port: 0 }),
    target: null,
    reason: "srv-unusable",
  }),
  "well-known-page": () => ({ wellKnown: answerPage(200) }),
  "well-known-not-object": () => ({ wellKnown: answerJson(["m.server"]) }),
  "well-known-too-deep": () => ({ wellKnown: answerText(`${'{"m.server":'.repeat(10_000)}1${"}".repeat(10_000)}`) }),
  "well-known-without-server": () => ({
    wellKnown: answerJson({ "m.homeserver": { base_url: "https://example.org" } }),
  }),
  "well-known-bad-server": () => ({ wellKnown: delegateTo("https://matrix.example.org/") }),
  "well-known-error": () => ({ wellKnown: answerPage(503) }),
  "well-known-loop": (site) => ({ wellKnown: redirectTo(urlAt(site, "own", WELL_KNOWN_PATH)) }),
  "version-not-found": () => ({ version: notFound(), reason: "unexpected-status" }),
  "version-page": () => ({ version: answerPage(200), reason: "not-json" }),
  "version-without-name": () => ({ version: answerJson({ server: { version: "1.0.0" } }), reason: "no-software" }),
  "version-hostile": () => ({
    version: answerJson({ server: { name: "Syn\u202eapse\r\nforged", version: "9".repeat(10_000) } }),
    software: { name: "Syn\\u{202e}apse\\u{d}\\u{a}forged", version: `${"9".repeat(100)}…` },
  }),
  "version-endless": () => ({
    version: { kind: "endless", chunk: new TextEncoder().encode(" ".repeat(16_384)) },
    reason: "body-too-large",
  }),
  "version-redirect": (site) => ({ version: redirectTo(urlAt(site, "own", MOVED_PATH)), reason: "unexpected-status" }),
};

/** Nobody answers there, and nobody must ask. */
const DEAD_RECORD: SrvRecord = { priority: 0, weight: 0, port: 0, target: "" };

type HostRef = "own" | HostLabel;

/** The target at the federation's port of one host, which must prove to be `tls`; the server itself where not given. */
function targetOf(
  site: Site,
  where: { rule: FederationTarget["rule"]; host?: HostRef; tls?: HostRef; hostHeader?: string },
): NonNullable<ExpectedDiscovery["target"]> {
  const { rule, host = "own", tls = "own" } = where;
  const tlsName = nameOf(hostnameAt(site, tls));
  return {
    rule,
    host: nameOf(hostnameAt(site, host)),
    port: site.port,
    tlsName,
    hostHeader: where.hostHeader ?? tlsName,
    addresses: [host === "node" ? neighbourAddress(site) : site.address],
  };
}

function delegation(site: Site): Way {
  return { wellKnown: delegateTo(`matrix.${site.hostname}`), hosts: { matrix: healthyHost(site) } };
}

function delegated(site: Site, rule: FederationTarget["rule"]) {
  return targetOf(site, { rule, host: "matrix", tls: "matrix" });
}

function toLiteral(site: Site, hostHeader: string): Way {
  const address = nameOf(site.address);
  const target = { ...targetOf(site, { rule: "3.1", hostHeader }), host: address, tlsName: address };
  return { wellKnown: delegateTo(hostHeader), target, software: softwareOf(address) };
}

function bySrv(site: Site, ...records: SrvRecord[]): Way {
  return { hosts: { node: neighbour(site) }, services: { own: { "_matrix-fed._tcp": services(...records) } } };
}

function services(...records: SrvRecord[]): ServiceAnswer {
  return { kind: "services", records };
}

function record(site: Site, label: HostLabel): SrvRecord {
  return { priority: 10, weight: 5, port: site.port, target: hostnameAt(site, label) };
}

function hostnameAt(site: Site, host: HostRef): string {
  return host === "own" ? site.hostname : `${host}.${site.hostname}`;
}

/** A host at another address than the site's, where there is one: to ask the site's instead would be seen. */
function neighbour(site: Site): HostPlan {
  return { ...healthyHost(site), dns: resolvesTo([neighbourAddress(site)]) };
}

function neighbourAddress({ address, addresses }: Site): string {
  return addresses[(addresses.indexOf(address) + 1) % addresses.length] ?? address;
}

/** A host that has a certificate and no address: it is only spoken for. */
function homelessHost(site: Site): HostPlan {
  return { ...healthyHost(site), dns: resolvesTo([]) };
}

/** Mints the name that a site was made with. */
function nameOf(hostname: string): Hostname {
  const parsed = parseHostname(hostname);
  if (!parsed.ok) throw new RangeError(parsed.error.message);
  return parsed.value;
}
