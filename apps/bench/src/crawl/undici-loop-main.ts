import { Resolver } from "node:dns";
import { readFile } from "node:fs/promises";
import type { LookupFunction } from "node:net";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { Client } from "undici";

/**
 * The peer: a bare loop of undici requests, a client for each origin, one TLS context for all of them, redirects followed,
 * bodies read and thrown away. Everything else is undici's and Node's default; names are asked for in both families, as
 * getaddrinfo does. Nothing is bounded but what is in flight. Prints `{cpuMs, answered}` for the URLs after `--warm-up`.
 */
const { values } = parseArgs({
  options: {
    urls: { type: "string", default: "" },
    "warm-up": { type: "string", default: "0" },
    dns: { type: "string", default: "" },
    ca: { type: "string", default: "" },
    "in-flight": { type: "string", default: "" },
  },
});
const MAX_REDIRECTS = 5;

// As often as it takes: what is measured is the fetching, and hundreds of names at once lose an answer now and then.
const resolver = new Resolver({ timeout: 2_000, tries: 8 });
resolver.setServers([values.dns]);
const lookup: LookupFunction = (hostname, { all }, found) => {
  let waiting = 2;
  const addresses: { address: string; family: number }[] = [];
  const take = (family: 4 | 6) => (_error: Error | null, answers: string[] | undefined) => {
    for (const address of answers ?? []) addresses.push({ address, family });
    waiting -= 1;
    if (waiting > 0) return;
    const [first] = addresses;
    if (first === undefined) found(new Error(`no address for ${hostname}`), "");
    else if (all === true) found(null, addresses);
    else found(null, first.address, first.family);
  };
  resolver.resolve4(hostname, take(4));
  resolver.resolve6(hostname, take(6));
};
const secureContext = createSecureContext({ ca: await readFile(values.ca, "utf8") });

async function fetchAndThrowAway(start: string): Promise<void> {
  let url = new URL(start);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const client = new Client(url.origin, { connect: { secureContext, lookup } });
    try {
      const { statusCode, headers, body } = await client.request({ method: "GET", path: url.pathname + url.search });
      await body.dump();
      if (statusCode < 300 || statusCode >= 400 || typeof headers["location"] !== "string") return;
      url = new URL(headers["location"], url);
    } finally {
      await client.destroy();
    }
  }
}

async function fetchAll(urls: readonly string[]): Promise<number> {
  let answered = 0;
  const rest = urls.values();
  async function work(): Promise<void> {
    for (const url of rest) {
      try {
        await fetchAndThrowAway(url);
        answered += 1;
      } catch (error) {
        process.stderr.write(`${url}: ${error}\n`);
      }
    }
  }
  await Promise.all(Array.from({ length: Number(values["in-flight"]) }, work));
  return answered;
}

const urls = (await readFile(values.urls, "utf8")).trim().split("\n");
const warmUp = Number(values["warm-up"]);
await fetchAll(urls.slice(0, warmUp));
const before = process.cpuUsage();
const answered = await fetchAll(urls.slice(warmUp));
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1_000, answered })}\n`);
