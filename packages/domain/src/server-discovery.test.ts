import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DiscoveryFacts, decideDiscovery, type FederationTarget, type SrvAnswer } from "./server-discovery.ts";
import { hostnameOf, parseServerName, portOf, type ServerName } from "./server-name.ts";
import type { SrvRecord } from "./srv-record.ts";
import type { WellKnownAnswer } from "./well-known-server.ts";

const FEDERATION_PORT = 8448;

function named(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function delegates(text: string): WellKnownAnswer {
  return { kind: "delegated", serverName: named(text) };
}

function found(...records: Partial<SrvRecord>[]): SrvAnswer {
  return {
    kind: "found",
    records: records.map((record) => ({ priority: 10, weight: 5, port: 8443, target: "node.example.net", ...record })),
  };
}

const NO_WELL_KNOWN: WellKnownAnswer = { kind: "none", reason: "unexpected-status", detail: "HTTP status 404" };
const NO_SRV: SrvAnswer = { kind: "none", reason: "no-srv-record", detail: "" };
const FAILED_SRV: SrvAnswer = { kind: "none", reason: "dns-failure", detail: "" };

const decide = (name: string, facts: Partial<DiscoveryFacts>) =>
  decideDiscovery(named(name), { wellKnown: null, srv: {}, ...facts }, FEDERATION_PORT);

/** A row of "Resolving server names": a name and facts, and `rule host:port certificate Host`. */
type Row = readonly [name: string, facts: Partial<DiscoveryFacts>, target: string];

function print({ rule, host, port, tlsName, hostHeader }: FederationTarget): string {
  return `${rule} ${host}:${port} ${tlsName} ${hostHeader}`;
}

const ROWS: readonly Row[] = [
  ["192.0.2.1", {}, "1 192.0.2.1:8448 192.0.2.1 192.0.2.1"],
  ["192.0.2.1:443", {}, "1 192.0.2.1:443 192.0.2.1 192.0.2.1:443"],
  ["[2001:DB8::1]", {}, "1 [2001:db8::1]:8448 [2001:db8::1] [2001:db8::1]"],
  ["[2001:db8::1]:8080", {}, "1 [2001:db8::1]:8080 [2001:db8::1] [2001:db8::1]:8080"],
  ["Example.org:8449", {}, "2 example.org:8449 example.org example.org:8449"],
  ["example.org:8448", {}, "2 example.org:8448 example.org example.org:8448"],
  ["example.org", { wellKnown: delegates("192.0.2.7") }, "3.1 192.0.2.7:8448 192.0.2.7 192.0.2.7"],
  ["example.org", { wellKnown: delegates("192.0.2.7:443") }, "3.1 192.0.2.7:443 192.0.2.7 192.0.2.7:443"],
  ["example.org", { wellKnown: delegates("[::1]:443") }, "3.1 [::1]:443 [::1] [::1]:443"],
  [
    "example.org",
    { wellKnown: delegates("M.example.net:443") },
    "3.2 m.example.net:443 m.example.net m.example.net:443",
  ],
  [
    "example.org",
    { wellKnown: delegates("m.example.net"), srv: { "_matrix-fed._tcp": found({}) } },
    "3.3 node.example.net:8443 m.example.net m.example.net",
  ],
  [
    "example.org",
    { wellKnown: delegates("m.example.net"), srv: { "_matrix-fed._tcp": NO_SRV, "_matrix._tcp": found({}) } },
    "3.4 node.example.net:8443 m.example.net m.example.net",
  ],
  [
    "example.org",
    { wellKnown: delegates("m.example.net"), srv: { "_matrix-fed._tcp": NO_SRV, "_matrix._tcp": NO_SRV } },
    "3.5 m.example.net:8448 m.example.net m.example.net",
  ],
  [
    "example.org",
    { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": found({}) } },
    "4 node.example.net:8443 example.org example.org",
  ],
  [
    "example.org",
    { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": NO_SRV, "_matrix._tcp": found({}) } },
    "5 node.example.net:8443 example.org example.org",
  ],
  [
    "example.org",
    { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": NO_SRV, "_matrix._tcp": NO_SRV } },
    "6 example.org:8448 example.org example.org",
  ],
  [
    "example.org",
    { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": FAILED_SRV, "_matrix._tcp": FAILED_SRV } },
    "6 example.org:8448 example.org example.org",
  ],
];

describe("decideDiscovery", () => {
  test.each(ROWS)("%s with %j is asked at %s", (name, facts, target) => {
    const decision = decide(name, facts);
    expect(decision.kind === "connect" && decision.targets.map(print)).toEqual([target]);
  });

  test.each<[string, Partial<DiscoveryFacts>, object]>([
    ["example.org", {}, { kind: "read-well-known", hostname: "example.org" }],
    [
      "example.org",
      { wellKnown: NO_WELL_KNOWN },
      { kind: "look-up-srv", rule: "4", service: "_matrix-fed._tcp", hostname: "example.org" },
    ],
    [
      "example.org",
      { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": FAILED_SRV } },
      { kind: "look-up-srv", rule: "5", service: "_matrix._tcp", hostname: "example.org" },
    ],
    [
      "example.org",
      { wellKnown: delegates("m.example.net") },
      { kind: "look-up-srv", rule: "3.3", service: "_matrix-fed._tcp", hostname: "m.example.net" },
    ],
    [
      "example.org",
      { wellKnown: delegates("m.example.net"), srv: { "_matrix-fed._tcp": NO_SRV } },
      { kind: "look-up-srv", rule: "3.4", service: "_matrix._tcp", hostname: "m.example.net" },
    ],
  ])("%s with %j asks next", (name, facts, question) => {
    expect(decide(name, facts)).toEqual(question);
  });

  test("tries the records in their order, without those that nobody can connect to", () => {
    const records = found(
      { target: "one.example.net", port: 1 },
      { target: "" },
      { target: "two_.example.net" },
      { target: "three.example.net", port: 0 },
      { target: "192.0.2.9", port: 9 },
    );
    const decision = decide("example.org", { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": records } });
    expect(decision.kind === "connect" && decision.targets.map(print)).toEqual([
      "4 one.example.net:1 example.org example.org",
      "4 192.0.2.9:9 example.org example.org",
    ]);
  });

  test("goes no further where records say that nothing is offered, or none can be used", () => {
    const end = (answer: SrvAnswer) =>
      decide("example.org", { wellKnown: NO_WELL_KNOWN, srv: { "_matrix-fed._tcp": answer } });
    expect(end(found({ target: "", port: 0 }))).toEqual({ kind: "end", reason: "srv-not-offered" });
    expect(end(found({ port: 0 }, { target: "" }))).toEqual({ kind: "end", reason: "srv-unusable" });
    expect(end(found())).toEqual({ kind: "end", reason: "srv-unusable" });
  });
});

const serverName = fc
  .constantFrom("example.org", "m.example.net:443", "192.0.2.1", "[2001:db8::1]:8448", "a.test:9000", "b.test")
  .map(named);
const wellKnown: fc.Arbitrary<WellKnownAnswer> = fc.oneof(
  fc.constant(NO_WELL_KNOWN),
  serverName.map((name) => ({ kind: "delegated", serverName: name }) as const),
);
const record = fc.record({
  priority: fc.nat(65_535),
  weight: fc.nat(65_535),
  port: fc.nat(65_535),
  target: fc.oneof(fc.constantFrom("node.example.net", "", "127.0.0.1"), fc.string({ unit: "binary" })),
});
const srv: fc.Arbitrary<SrvAnswer> = fc.oneof(
  fc.constantFrom(NO_SRV, FAILED_SRV),
  fc.array(record, { maxLength: 4 }).map((records) => ({ kind: "found", records }) as const),
);
const world = fc.record({ wellKnown, fed: srv, old: srv });

/** Answers every question until there is none; the questions asked, and what they led to. */
function discover(name: ServerName, answers: { wellKnown: WellKnownAnswer; fed: SrvAnswer; old: SrvAnswer }) {
  let facts: DiscoveryFacts = { wellKnown: null, srv: {} };
  const asked: string[] = [];
  for (;;) {
    const next = decideDiscovery(name, facts, FEDERATION_PORT);
    if (next.kind === "connect" || next.kind === "end") return { asked, next };
    if (next.kind === "read-well-known") {
      asked.push(`well-known ${next.hostname}`);
      facts = { ...facts, wellKnown: answers.wellKnown };
    } else {
      asked.push(`${next.service}.${next.hostname}`);
      const answer = next.service === "_matrix-fed._tcp" ? answers.fed : answers.old;
      facts = { ...facts, srv: { ...facts.srv, [next.service]: answer } };
    }
    if (asked.length > 3) throw new Error(`it asks on: ${asked.join(", ")}`);
  }
}

describe("whatever is answered", () => {
  test("discovery ends after three questions at most, none of them asked twice", () => {
    fc.assert(
      fc.property(serverName, world, (name, answers) => {
        const { asked } = discover(name, answers);
        expect(new Set(asked).size).toBe(asked.length);
      }),
    );
  });

  test("the certificate and the Host header are the delegated name's, else the server's own, never an SRV target's", () => {
    fc.assert(
      fc.property(serverName, world, (name, answers) => {
        const { asked, next } = discover(name, answers);
        if (next.kind !== "connect") return;
        const isDelegated = asked.length > 0 && answers.wellKnown.kind === "delegated";
        const spoken = isDelegated && answers.wellKnown.kind === "delegated" ? answers.wellKnown.serverName : name;
        const port = portOf(spoken);
        for (const target of next.targets) {
          expect(target.tlsName).toBe(hostnameOf(spoken));
          expect(target.hostHeader).toBe(`${hostnameOf(spoken)}${port === null ? "" : `:${port}`}`);
          expect(target.port).toBeGreaterThan(0);
          expect(parseServerName(target.host).ok).toBe(true);
        }
      }),
    );
  });

  test("a name that says where it is leaves nothing to ask", () => {
    fc.assert(
      fc.property(serverName, world, (name, answers) => {
        const saysWhere = portOf(name) !== null || /^[0-9[]/.test(name);
        expect(discover(name, answers).asked.length === 0).toBe(saysWhere);
      }),
    );
  });
});
