import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Site, startWebSite } from "./harness/sites.ts";
import { hostname, startTestNetwork, type TestNetwork, unaborted } from "./harness/test-network.ts";

/** Where a redirect of a chain leads: a name with these addresses, or an address as URLs can spell it. */
type Stop =
  | { readonly kind: "name"; readonly addresses: readonly string[] }
  | { readonly kind: "literal"; readonly host: string; readonly address: string };

const ALLOWED = "127.0.0.1";
/** Loopback like the allowed one, and a server listens there: dialling it would succeed, and be seen. */
const FORBIDDEN_LISTENING = "::1";

const forbidden = fc.constantFrom(
  FORBIDDEN_LISTENING,
  "127.0.0.2",
  "10.0.0.1",
  "169.254.169.254",
  "0.0.0.0",
  "::ffff:10.0.0.1",
);
const address = fc.oneof({ weight: 3, arbitrary: fc.constant(ALLOWED) }, forbidden);

const named: fc.Arbitrary<Stop> = fc
  .oneof({ weight: 5, arbitrary: fc.constant([ALLOWED]) }, fc.uniqueArray(address, { minLength: 1, maxLength: 3 }))
  .map((addresses) => ({ kind: "name", addresses }));

const literal: fc.Arbitrary<Stop> = fc
  .constantFrom(
    ...[ALLOWED, "0x7f.1", "2130706433", "127.1", "0177.0.0.1"].map((host) => ({ host, address: ALLOWED })),
    ...["127.0.0.2", "0x7f.2", "2130706434", "0177.0.0.2"].map((host) => ({ host, address: "127.0.0.2" })),
    { host: "[::1]", address: FORBIDDEN_LISTENING },
    { host: "[::ffff:169.254.169.254]", address: "169.254.169.254" },
    { host: "0xa9fea9fe", address: "169.254.169.254" },
  )
  .map((spelled) => ({ kind: "literal", ...spelled }));

const chain = fc.array(fc.oneof({ weight: 4, arbitrary: named }, literal), { minLength: 1, maxLength: 6 });

let network: TestNetwork;
let allowedSite: Site;
let forbiddenSite: Site;
/** The chain under way: request `/n` is answered with a redirect to its stop `n + 1`. */
let locations: readonly string[] = [];

beforeAll(async () => {
  network = await startTestNetwork();
  forbiddenSite = await startWebSite(network.credential, (_request, response) => response.end(), FORBIDDEN_LISTENING);
  allowedSite = await startWebSite(
    network.credential,
    ({ url }, response) => {
      const next = locations[(/^\/[0-9]$/.test(url ?? "") ? Number(url?.slice(1)) : 0) + 1];
      if (next === undefined) response.end("{}");
      else response.writeHead(302, { location: next }).end();
    },
    ALLOWED,
    forbiddenSite.port,
  );
});
afterAll(async () => {
  await Promise.all([network.stop(), allowedSite.stop(), forbiddenSite.stop()]);
});

function addressesOf(stop: Stop): readonly string[] {
  return stop.kind === "name" ? stop.addresses : [stop.address];
}

let runs = 0;

describe("a redirect chain", () => {
  test("never leads to an address that is not vetted, and says where it would have", async () => {
    await fc.assert(
      fc.asyncProperty(named, chain, async (first, others) => {
        runs += 1;
        const stops = [first, ...others];
        const hosts = stops.map((stop, n) => (stop.kind === "literal" ? stop.host : `r${runs}-${n}.fed.test`));
        stops.forEach((stop, n) => {
          if (stop.kind !== "name") return;
          network.dns.names.set(hosts[n] ?? "", {
            a: stop.addresses.filter((text) => !text.includes(":")),
            aaaa: stop.addresses.filter((text) => text.includes(":")),
          });
        });
        locations = hosts.map((host, n) => `https://${host}:${allowedSite.port}/${n}`);
        const dialled: string[] = [];
        const prober = network.proberAt(allowedSite.port, {
          allowNetworks: [`${ALLOWED}/32`],
          acquireAddress: async (text) => {
            dialled.push(text);
            return () => {};
          },
        });
        const { end, hops } = await prober.probe(hostname(hosts[0] ?? ""), null, unaborted());
        await prober.close();

        const wall = stops.findIndex((stop) => addressesOf(stop).some((text) => text !== ALLOWED));
        expect(new Set(dialled).isSubsetOf(new Set([ALLOWED])), dialled.join()).toBe(true);
        expect(forbiddenSite.accepted()).toBe(0);
        if (wall >= 0 && wall <= 5) {
          expect(end).toMatchObject({ kind: "declined", reason: "forbidden-address" });
          expect(hops).toHaveLength(wall + 1);
          expect(hops.at(-1)).toMatchObject({ status: null, address: null });
        } else if (stops.length > 6) {
          expect(end).toMatchObject({ kind: "failed", reason: "too-many-redirects" });
        } else {
          expect(end).toMatchObject({ kind: "response", status: 200 });
          expect(hops).toHaveLength(stops.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});
