import { hostnameOf, parseServerName } from "@switchboard/domain";
import { type Behaviour, planBehaviour } from "./behaviour.ts";
import {
  type ExpectedDiscovery,
  FEDERATION_SERVICES,
  type FederationBehaviour,
  type FederationPlan,
  planFederation,
  VERSION_PATH,
} from "./behaviours/federation-behaviour.ts";
import { answerVersion } from "./behaviours/federation-reply.ts";
import {
  type CertificateKind,
  type DnsPlan,
  type ExpectedOutcome,
  type Greeting,
  HOST_LABELS,
  type HostLabel,
  type HostPlan,
  notFound,
  type Plan,
  type Reply,
  resolvesTo,
  type Site,
  SUPPORT_PATH,
} from "./plan.ts";
import { pickByText } from "./random.ts";

/** A server as it is asked for: by name, how it answers about support, and how other servers find it. */
export type ServerDescription = {
  readonly serverName: string;
  readonly behaviour: Behaviour;
  /** `default-port` where not given. */
  readonly federation?: FederationBehaviour;
  /** The number of its address among the federation's; by its hostname where not given. */
  readonly addressNumber?: number;
};

/** A server as it is, and what must come of probing it first. `truth` is null for documents that the simulator was given. */
export type SimulatedServer = Required<Omit<ServerDescription, "addressNumber">> & {
  readonly hostname: string;
  readonly address: string;
  readonly truth: ExpectedOutcome | null;
  /**
   * What must come of discovering it where its own host is well and the port of federation is the one at which the
   * simulated one serves; null for a name with a port or an address literal.
   */
  readonly federationTruth: ExpectedDiscovery | null;
};

/** What a server was asked since it began. */
export type RequestCount = {
  readonly dnsQueries: number;
  /** TLS connections that named it, before any handshake. */
  readonly connections: number;
  /** HTTP requests for its support document, and of those the conditional ones. */
  readonly requests: number;
  readonly conditional: number;
};

type Entry = {
  readonly site: Site;
  readonly behaviour: Behaviour;
  readonly plan: Plan;
  readonly federation: FederationBehaviour;
  readonly federationPlan: FederationPlan;
  visits: number;
  readonly count: { dnsQueries: number; connections: number; requests: number; conditional: number };
};

/** What a request says of itself. */
export type ReceivedRequest = {
  readonly path: string;
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
};

/** The servers of a federation, by hostname. Hostnames are given in lower case. */
export type ServerRegistry = {
  /**
   * Adds a server, or gives the one at its hostname another behaviour, its federation kept where none is given. Throws RangeError where the name is no server name.
   */
  readonly put: (description: ServerDescription) => void;
  /** Takes a server away; its name no longer exists. Answers whether there was one. */
  readonly remove: (serverName: string) => boolean;
  /** In the order they were added. */
  readonly list: () => SimulatedServer[];
  readonly find: (serverName: string) => SimulatedServer | null;
  /** All zero for a server that is not there. */
  readonly count: (serverName: string) => RequestCount;
  /** How DNS answers a question for this name; null where it does not exist. */
  readonly answerQuery: (name: string) => DnsPlan | null;
  /** How a connection that names this hostname is greeted. */
  readonly greet: (hostname: string) => Greeting;
  readonly certificateOf: (hostname: string) => CertificateKind;
  readonly answerRequest: (hostname: string, request: ReceivedRequest) => Reply;
};

/** Makes an empty registry; servers are spread over the addresses by their hostname. */
export function createServerRegistry(options: { port: number; addresses: readonly string[] }): ServerRegistry {
  const entries = new Map<string, Entry>();
  const entryOf = (serverName: string) => entries.get(hostnameOfName(serverName));

  return {
    put: ({ serverName, behaviour, federation: given, addressNumber }) => {
      const hostname = hostnameOfName(serverName);
      const before = entries.get(hostname);
      const site = before?.site ?? siteOf({ serverName, hostname, addressNumber, ...options });
      const federation = given ?? before?.federation ?? "default-port";
      entries.set(hostname, {
        site,
        behaviour,
        plan: planBehaviour(behaviour, site),
        federation,
        federationPlan: planFederation(federation, site),
        visits: 0,
        count: before?.count ?? { dnsQueries: 0, connections: 0, requests: 0, conditional: 0 },
      });
    },
    remove: (serverName) => entries.delete(hostnameOfName(serverName)),
    list: () => [...entries.values()].map(describe),
    find: (serverName) => {
      const entry = entryOf(serverName);
      return entry === undefined ? null : describe(entry);
    },
    count: (serverName) => ({
      dnsQueries: 0,
      connections: 0,
      requests: 0,
      conditional: 0,
      ...entryOf(serverName)?.count,
    }),
    answerQuery: (name) => {
      if (name.startsWith(DIRECTORY_LABEL)) return answerDirectoryQuery(entries, name.slice(DIRECTORY_LABEL.length));
      const service = FEDERATION_SERVICES.find((known) => name.startsWith(`${known}.`));
      const found = locate(entries, service === undefined ? name : name.slice(service.length + 1));
      if (found === null) return null;
      found.entry.count.dnsQueries += 1;
      if (service === undefined) return found.plan.dns;
      const services = found.entry.federationPlan.services[found.host]?.[service];
      return services === undefined ? null : { ...resolvesTo([]), services };
    },
    greet: (hostname) => {
      const found = locate(entries, hostname);
      if (found === null) return "handshake";
      found.entry.count.connections += 1;
      return found.plan.greeting;
    },
    certificateOf: (hostname) => locate(entries, hostname)?.plan.certificate ?? "wrong-name",
    answerRequest: (hostname, request) => {
      const found = locate(entries, hostname);
      if (found !== null) return visit(found, request);
      return options.addresses.includes(hostname) ? answerAddress(hostname, request) : notFound();
    },
  };
}

/** Before the name of a host, where its operator speaks to directories. */
const DIRECTORY_LABEL = "_switchboard.";

/** Null where there is no such name: DNS then answers any question for it so. */
function answerDirectoryQuery(entries: ReadonlyMap<string, Entry>, hostname: string): DnsPlan | null {
  const found = locate(entries, hostname);
  if (found === null) return null;
  found.entry.count.dnsQueries += 1;
  const { directoryRecords } = found.plan.dns;
  return directoryRecords === undefined ? null : { ...resolvesTo([]), texts: directoryRecords };
}

type FoundHost = { readonly entry: Entry; readonly host: "own" | HostLabel; readonly plan: HostPlan };

/** The host of this name: a server's own, or one of those that its plan puts below it. */
function locate(entries: ReadonlyMap<string, Entry>, hostname: string): FoundHost | null {
  const entry = entries.get(hostname);
  if (entry !== undefined) return { entry, host: "own", plan: entry.plan.hosts.own };
  const dot = hostname.indexOf(".");
  const label = HOST_LABELS.find((known) => known === hostname.slice(0, dot));
  const parent = entries.get(hostname.slice(dot + 1));
  const plan = label === undefined ? undefined : (parent?.plan.hosts[label] ?? parent?.federationPlan.hosts[label]);
  return label === undefined || parent === undefined || plan === undefined
    ? null
    : { entry: parent, host: label, plan };
}

/** What whoever shares an address answers to those who ask the address itself, as a delegation to a literal lets them. */
function answerAddress(address: string, { path }: ReceivedRequest): Reply {
  return path === VERSION_PATH ? answerVersion(address) : notFound();
}

function visit({ entry, host }: FoundHost, request: ReceivedRequest): Reply {
  const federationReply = entry.federationPlan.reply(host, request.path);
  if (federationReply !== null) return federationReply;
  const reply = entry.plan.reply({ ...request, host, visit: entry.visits });
  if (host === "own" && request.path === SUPPORT_PATH) {
    entry.visits += 1;
    entry.count.requests += 1;
    if (request.ifNoneMatch !== null || request.ifModifiedSince !== null) entry.count.conditional += 1;
  }
  return reply;
}

function siteOf(server: {
  readonly serverName: string;
  readonly hostname: string;
  readonly addressNumber: number | undefined;
  readonly port: number;
  readonly addresses: readonly string[];
}): Site {
  const { serverName, hostname, addressNumber, port, addresses } = server;
  const chosen = addressNumber === undefined ? undefined : addresses[addressNumber % addresses.length];
  const address = addresses.includes(hostname) ? hostname : (chosen ?? pickByText(addresses, hostname));
  return { serverName, hostname, address, port, addresses };
}

function describe({ site, behaviour, plan, federation, federationPlan }: Entry): SimulatedServer {
  const { serverName, hostname, address } = site;
  const { truth: federationTruth } = federationPlan;
  return { serverName, hostname, address, behaviour, truth: plan.truth, federation, federationTruth };
}

function hostnameOfName(text: string): string {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new RangeError(parsed.error.message);
  return hostnameOf(parsed.value);
}
