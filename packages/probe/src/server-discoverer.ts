import {
  type DiscoveryFacts,
  type DiscoveryReport,
  type DiscoveryStep,
  decideDiscovery,
  type FederationTarget,
  type Hostname,
  hostnameOf,
  interpretWellKnown,
  type KnownDelegation,
  type ServerName,
  type SrvAnswer,
  type WellKnownAnswer,
  wellKnownFreshForMs,
} from "@switchboard/domain";
import { askTarget, type TargetAsker, tookMs } from "./ask-target.ts";
import { DeadlineExceeded, startPart } from "./deadline.ts";
import { createDeadlineRuns } from "./deadline-runs.ts";
import { fetchDocument } from "./fetch-document.ts";
import { createServiceResolver, type ServiceResolver } from "./find-services.ts";
import { createProbeNetwork, type NetworkOptions } from "./probe-network.ts";
import { httpsUrl } from "./url-host.ts";

export type ServerDiscovererOptions = NetworkOptions & {
  /** Where a server is asked when nothing says otherwise: 8448 but for tests and private federations. */
  readonly federationPort: number;
  /** Numbers in [0, 1): chooses among SRV records by their weight. */
  readonly random: () => number;
};

export type ServerDiscoverer = {
  /**
   * Finds a server and reads its version. A delegation that is known and still fresh is used without asking for it again.
   * Every failure of the network is in the report. Rejects with the signal's reason where it is aborted, with
   * ProberClosed after `close`, and where our own machine failed.
   */
  discover(serverName: ServerName, known: KnownDelegation | null, signal: AbortSignal): Promise<DiscoveryReport>;
  /** Cuts short what is in flight and waits until every socket is closed. */
  close(): Promise<void>;
};

const WELL_KNOWN_PATH = "/.well-known/matrix/server";

/** A web server or a name server that keeps us waiting must leave time for the steps that come when it says nothing. */
const WELL_KNOWN_PART_OF_DEADLINE = 1 / 2;
const SRV_PART_OF_DEADLINE = 1 / 6;

/** How many targets of SRV records are tried. */
const MAX_TARGETS = 4;

/** What a search comes to: the part of the report that its steps do not hold. */
type Found = Pick<DiscoveryReport, "target" | "software" | "reason" | "detail">;

type Search = TargetAsker & {
  readonly lookUp: ServiceResolver;
  readonly deadlineMs: number;
  readonly known: KnownDelegation | null;
};

/**
 * Creates what finds servers as homeservers do (server-server API, "Resolving server names") and asks them for their
 * version. It is bounded as a prober is: vetted addresses only, certificates verified for the name that must be proved,
 * no port below 1024 but 443 and those configured, bodies of 64 KiB, one deadline for everything, one address held at a
 * time. The report has every step in its order.
 *
 * Throws where an option cannot be used, as `createProber` does.
 */
export function createServerDiscoverer(options: ServerDiscovererOptions): ServerDiscoverer {
  const { federationPort, deadlineMs, clock } = options;
  const { network, channels } = createProbeNetwork(options);
  const lookUp = createServiceResolver(channels, options.random);
  const runs = createDeadlineRuns(deadlineMs);
  return {
    discover: (serverName, known, signal) =>
      runs.run(signal, async (deadline) => {
        const steps: DiscoveryStep[] = [];
        const note = (step: DiscoveryStep) => void steps.push(step);
        const ownHost = hostnameOf(serverName);
        const search: Search = { network, ownHost, federationPort, deadline, note, lookUp, deadlineMs, known };
        const found = await findServer(search, serverName);
        return { serverName, discoveredAt: clock(), steps, ...found, totalMs: tookMs(deadline, 0) };
      }),
    async close() {
      await runs.close();
      channels.close();
    },
  };
}

async function findServer(search: Search, serverName: ServerName): Promise<Found> {
  let facts: DiscoveryFacts = { wellKnown: null, srv: {} };
  for (;;) {
    const next = decideDiscovery(serverName, facts, search.federationPort);
    switch (next.kind) {
      case "read-well-known":
        facts = { ...facts, wellKnown: await readWellKnown(search, next.hostname) };
        break;
      case "look-up-srv":
        facts = { ...facts, srv: { ...facts.srv, [next.service]: await lookUpService(search, next) } };
        break;
      case "connect":
        return askInTurn(search, next.targets);
      case "end":
        return { target: null, software: null, reason: next.reason, detail: DEAD_ENDS[next.reason] };
    }
  }
}

const DEAD_ENDS = {
  "srv-not-offered": 'the SRV record has the target ".": federation is not offered',
  "srv-unusable": "no SRV record has a hostname and a port to connect to",
} as const;

async function readWellKnown(search: Search, hostname: Hostname): Promise<WellKnownAnswer> {
  const { network, deadline, note, deadlineMs, known } = search;
  const url = httpsUrl(hostname, network.wellKnownPort, WELL_KNOWN_PATH);
  const question = { kind: "well-known", rule: "3", url } as const;
  const knownForMs = known === null ? 0 : known.freshUntil - network.clock();
  if (known !== null && knownForMs > 0) {
    const result: WellKnownAnswer = { kind: "delegated", serverName: known.serverName };
    note({ ...question, isKnown: true, hops: [], result, freshForMs: knownForMs, tookMs: 0 });
    return result;
  }
  const from = deadline.elapsedMs();
  const part = startPart(deadline, deadlineMs * WELL_KNOWN_PART_OF_DEADLINE);
  try {
    const request = { hostname, path: WELL_KNOWN_PATH, validator: null, deadline: part };
    const { end, hops } = await fetchDocument(network, request);
    const result = interpretWellKnown(end);
    const freshForMs = wellKnownFreshForMs(result, end.kind === "response" ? end.headers : null, network.clock());
    note({ ...question, isKnown: false, hops, result, freshForMs, tookMs: tookMs(deadline, from) });
    return result;
  } finally {
    part.dispose();
  }
}

type SrvQuestion = Pick<Extract<DiscoveryStep, { kind: "srv" }>, "rule" | "service" | "hostname">;

async function lookUpService(search: Search, { rule, service, hostname }: SrvQuestion): Promise<SrvAnswer> {
  const { deadline, note, lookUp, deadlineMs } = search;
  const from = deadline.elapsedMs();
  const part = startPart(deadline, deadlineMs * SRV_PART_OF_DEADLINE);
  let result: SrvAnswer;
  try {
    result = await lookUp(`${service}.${hostname}`, part.signal);
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    result = { kind: "none", reason: "dns-timeout", detail: error.message };
  } finally {
    part.dispose();
  }
  note({ kind: "srv", rule, service, hostname, result, tookMs: tookMs(deadline, from) });
  return result;
}

/** Asks at the first target where anybody is reached (RFC 2782: the next one is for where the one before is not). */
async function askInTurn(search: Search, targets: readonly [FederationTarget, ...FederationTarget[]]): Promise<Found> {
  const [first, ...others] = targets;
  let target = first;
  let asked = await askTarget(search, target);
  for (const next of others.slice(0, MAX_TARGETS - 1)) {
    if (!asked.isUnreached || search.deadline.signal.aborted) break;
    target = next;
    asked = await askTarget(search, target);
  }
  const { addresses, answer } = asked;
  const place = { ...target, addresses };
  return answer.kind === "read"
    ? { target: place, software: answer.software, reason: null, detail: "" }
    : { target: place, software: null, reason: answer.reason, detail: answer.detail };
}
