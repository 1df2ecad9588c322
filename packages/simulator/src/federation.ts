import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Behaviour } from "./behaviour.ts";
import { UNACCEPTING_ADDRESS } from "./behaviours/connection-behaviour.ts";
import { bindAddresses } from "./bind-addresses.ts";
import { createCertificateAuthority } from "./certificate-authority.ts";
import { startControlServer } from "./control-server.ts";
import { startDnsServer } from "./dns-server.ts";
import { assignBehaviours, federationOf, type Mix, PLAUSIBLE_MIX } from "./mix.ts";
import { createSecureContexts } from "./secure-contexts.ts";
import { buildServerNames } from "./server-names.ts";
import {
  createServerRegistry,
  type RequestCount,
  type ServerDescription,
  type SimulatedServer,
} from "./server-registry.ts";
import { startUnacceptingListener } from "./unaccepting-listener.ts";
import { type AddressLoad, startWebServer } from "./web-server.ts";

export type FederationOptions = {
  /** How many servers to make up, or which ones to be. */
  readonly names: number | readonly ServerDescription[];
  /** The domain that made-up names are below; `fed.test` where not given. */
  readonly suffix?: string;
  /** The same seed gives the same federation; 1 where not given. */
  readonly seed?: number;
  /** What made-up servers do, beyond every behaviour once; `PLAUSIBLE_MIX` where not given. */
  readonly mix?: Mix;
  /** How many loopback addresses the servers are spread over; 128 where not given. */
  readonly addresses?: number;
  /** Ports, for those who need them fixed; free ones where not given. */
  readonly wellKnownPort?: number;
  readonly dnsPort?: number;
  readonly controlPort?: number;
};

/** A running federation. Everything it listens at is loopback's. */
export type Federation = {
  /** `ip:port`, for SWITCHBOARD_DNS_SERVERS. */
  readonly dnsServer: string;
  readonly wellKnownPort: number;
  readonly caPem: string;
  /** Where `caPem` is, for SWITCHBOARD_EXTRA_CA_FILE; gone after `stop`. */
  readonly caFile: string;
  /** For SWITCHBOARD_ALLOW_NETWORKS. */
  readonly allowNetworks: readonly string[];
  /** Where the names that the federation began with are, one a line, to be added as candidates; gone after `stop`. */
  readonly namesFile: string;
  /** Where the federation is controlled over HTTP (see `startControlServer`). */
  readonly controlUrl: string;
  /** All servers, in the order they were added, and what must come of the first probe of each. */
  readonly names: () => SimulatedServer[];
  readonly find: (serverName: string) => SimulatedServer | null;
  /** Changes what a server does from now on, or adds one; the visits of a script start anew, its federation stays. */
  readonly setBehaviour: (serverName: string, behaviour: Behaviour) => void;
  /** Whether DNS answers for anybody; it does until told otherwise. */
  readonly setDnsAnswering: (answering: boolean) => void;
  /** Takes a server away, so that its name no longer exists. */
  readonly remove: (serverName: string) => boolean;
  /** How often a server was asked; all zero for one that is not there. */
  readonly requestCount: (serverName: string) => RequestCount;
  /** How busy each address is and was. */
  readonly loads: () => AddressLoad[];
  /** Closes every socket and removes the files. */
  readonly stop: () => Promise<void>;
};

/** What leads a crawl into a federation. */
export type FederationSettings = Pick<
  Federation,
  "dnsServer" | "wellKnownPort" | "caFile" | "allowNetworks" | "namesFile"
>;

const DEFAULT_ADDRESSES = 128;

/** Starts a federation on loopback. Throws where a port that was asked for is taken. */
export async function startFederation(options: FederationOptions): Promise<Federation> {
  const open = new AsyncDisposableStack();
  try {
    return await openFederation(options, open);
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}

/** Puts everything that it opens on the stack, which `stop` takes down. */
async function openFederation(options: FederationOptions, open: AsyncDisposableStack): Promise<Federation> {
  const { suffix = "fed.test", seed = 1, mix = PLAUSIBLE_MIX } = options;
  const bound = await bindAddresses(options.addresses ?? DEFAULT_ADDRESSES, options.wellKnownPort ?? 0);
  open.defer(bound.stop);
  const { port, addresses } = bound;
  const registry = createServerRegistry({ port, addresses });
  const descriptions =
    typeof options.names === "number" ? makeUp({ count: options.names, suffix, seed, mix }) : options.names;
  for (const description of descriptions) registry.put(description);

  const [authority, unaccepting] = await Promise.all([
    createCertificateAuthority(),
    startUnacceptingListener(UNACCEPTING_ADDRESS, port),
  ]);
  if (unaccepting !== null) open.defer(unaccepting.stop);
  const contexts = await createSecureContexts({ authority, suffix, addresses });
  const web = startWebServer({ bound, contexts, hosts: registry });
  open.defer(web.stop);
  const dns = await startDnsServer(registry.answerQuery, options.dnsPort ?? 0);
  open.defer(dns.stop);
  const files = await writeFiles(
    authority.caPem,
    descriptions.map(({ serverName }) => serverName),
  );
  open.defer(files.remove);
  const settings: FederationSettings = {
    dnsServer: `127.0.0.1:${dns.port}`,
    wellKnownPort: port,
    caFile: files.caFile,
    allowNetworks: ["127.0.0.0/8"],
    namesFile: files.namesFile,
  };
  const control = await startControlServer({ settings, registry, loads: web.loads }, options.controlPort ?? 0);
  open.defer(control.stop);

  return {
    ...settings,
    caPem: authority.caPem,
    controlUrl: control.url,
    names: registry.list,
    find: registry.find,
    setBehaviour: (serverName, behaviour) => registry.put({ serverName, behaviour }),
    setDnsAnswering: dns.setAnswering,
    remove: registry.remove,
    requestCount: registry.count,
    loads: web.loads,
    stop: () => open.disposeAsync(),
  };
}

async function writeFiles(caPem: string, names: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "simulated-federation-"));
  const caFile = join(directory, "ca.pem");
  const namesFile = join(directory, "names.txt");
  await writeFile(caFile, caPem);
  await writeFile(namesFile, names.map((name) => `${name}\n`).join(""));
  return { caFile, namesFile, remove: () => rm(directory, { recursive: true, force: true }) };
}

function makeUp(options: { count: number; suffix: string; seed: number; mix: Mix }): ServerDescription[] {
  const names = buildServerNames(options.count, options.suffix);
  return assignBehaviours(options).map((behaviour, n) => {
    const serverName = names[n] ?? "";
    return { serverName, behaviour, federation: federationOf(serverName) };
  });
}
