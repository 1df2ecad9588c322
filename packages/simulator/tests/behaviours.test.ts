import { Resolver } from "node:dns/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Behaviour,
  EVERY_BEHAVIOUR,
  type ExpectedOutcome,
  type Federation,
  OPT_OUT_BEHAVIOURS,
  type ServerDescription,
  type SimulatedServer,
  startFederation,
} from "../src/index.ts";
import { readOutcome } from "./reference-client.ts";

const IN_FLIGHT = 16;
/** The reference client asks DNS for addresses only. */
const DOCUMENT_OPT_OUTS = OPT_OUT_BEHAVIOURS.filter(({ how }) => how.startsWith("document"));

function nameOf(behaviour: Behaviour): string {
  return JSON.stringify(behaviour);
}

describe("every behaviour comes to what its truth says", () => {
  let federation: Federation;
  const outcomes = new Map<string, ExpectedOutcome | Error>();
  const truths = new Map<string, ExpectedOutcome | null>();

  beforeAll(async () => {
    const names = [...EVERY_BEHAVIOUR, ...DOCUMENT_OPT_OUTS].map((behaviour, n) => ({
      serverName: `b-${n}.fed.test`,
      behaviour,
    }));
    federation = await startFederation({ names });
    const waiting = federation.names();
    const read = async (server: SimulatedServer) => {
      truths.set(nameOf(server.behaviour), server.truth);
      const outcome = readOutcome(federation, server.hostname);
      outcomes.set(nameOf(server.behaviour), await outcome.catch((error: Error) => error));
    };
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await read(next);
      }),
    );
  });

  afterAll(() => federation.stop());

  it.each([...EVERY_BEHAVIOUR, ...DOCUMENT_OPT_OUTS].map(nameOf))("%s", (name) => {
    expect(outcomes.get(name)).toEqual(truths.get(name));
    expect(truths.get(name)).not.toBeNull();
  });

  it("behaves in every family, and no behaviour is listed twice", () => {
    expect(new Set(EVERY_BEHAVIOUR.map(nameOf)).size).toBe(EVERY_BEHAVIOUR.length);
    expect(new Set(EVERY_BEHAVIOUR.map(({ family }) => family)).size).toBe(10);
  });
});

describe("records that speak to directories", () => {
  it("are below the names that have them", async () => {
    const names: ServerDescription[] = [
      { serverName: "alder.fed.test", behaviour: { family: "opt-out", how: "dns-record-in-pieces" } },
      { serverName: "birch.fed.test", behaviour: { family: "dns", how: "record-failing" } },
      { serverName: "cedar.fed.test", behaviour: { family: "dns", how: "alias" } },
    ];
    await using stack = new AsyncDisposableStack();
    const federation = await startFederation({ names });
    stack.defer(federation.stop);
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([federation.dnsServer]);
    expect(await resolver.resolveTxt("_switchboard.Alder.fed.test")).toEqual([
      ["v=spf1 -all"],
      ["v=switchboard1; dir", "", "ectory=no"],
    ]);
    const failing = (name: string) => resolver.resolveTxt(name).then(String, ({ code }: { code: string }) => code);
    expect(await failing("alder.fed.test")).toBe("ENODATA");
    expect(await failing("_switchboard.birch.fed.test")).toBe("ESERVFAIL");
    expect(await failing("_switchboard.cedar.fed.test")).toBe("ENOTFOUND");
    expect(await failing("_switchboard.nobody.fed.test")).toBe("ENOTFOUND");
    expect(federation.requestCount("alder.fed.test")).toMatchObject({ dnsQueries: 2, connections: 0 });
  });
});
