import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type Behaviour, type Federation, serveVerbatim, startFederation } from "../src/index.ts";
import { ask, createResolver, readOutcome } from "./reference-client.ts";

const ADMIN: Behaviour = { family: "document", document: "admin-both", delivery: "plain" };
const NOT_FOUND: Behaviour = { family: "absent", how: "not-found" };

const running: Federation[] = [];

async function start(...options: Parameters<typeof startFederation>): Promise<Federation> {
  const federation = await startFederation(...options);
  running.push(federation);
  return federation;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((federation) => federation.stop()));
});

describe("startFederation", () => {
  it("makes up as many servers as asked for, the same for the same seed", async () => {
    const [one, other, third] = await Promise.all([
      start({ names: 320, seed: 7 }),
      start({ names: 320, seed: 7 }),
      start({ names: 320, seed: 8 }),
    ]);
    const behaviours = (federation: Federation) => federation.names().map(({ behaviour }) => behaviour);
    expect(one.names()).toHaveLength(320);
    expect(behaviours(one)).toEqual(behaviours(other));
    expect(behaviours(one)).not.toEqual(behaviours(third));
  });

  it("spreads names over loopback addresses, and only those", async () => {
    const federation = await start({ names: 400, addresses: 20 });
    const addresses = new Set(federation.names().map(({ address }) => address));
    expect(addresses.size).toBe(20);
    for (const address of addresses) expect(address).toMatch(/^127\.64\.0\.([1-9]|1[0-9]|20)$/);
  });

  it("writes the CA and the names to files, which go when it stops", async () => {
    const federation = await startFederation({ names: 3 });
    expect(readFileSync(federation.caFile, "utf8")).toBe(federation.caPem);
    const names = federation.names().map(({ serverName }) => serverName);
    expect(readFileSync(federation.namesFile, "utf8").trim().split("\n")).toEqual(names);
    await federation.stop();
    expect([existsSync(federation.caFile), existsSync(federation.namesFile)]).toEqual([false, false]);
  });

  it("refuses a port that is taken, and leaves nothing open", async () => {
    const first = await start({ names: 1 });
    const dnsPort = Number(first.dnsServer.split(":")[1]);
    await expect(startFederation({ names: 1, dnsPort })).rejects.toThrow("EADDRINUSE");
    await expect(startFederation({ names: 1, wellKnownPort: first.wellKnownPort })).rejects.toThrow("EADDRINUSE");
  });

  it("refuses a name that is no server name", async () => {
    await expect(startFederation({ names: [{ serverName: "a_b.test", behaviour: ADMIN }] })).rejects.toThrow(
      "a_b.test",
    );
  });

  it("stops while clients are waiting", async () => {
    const federation = await startFederation({
      names: [{ serverName: "slow.fed.test", behaviour: { family: "connection", how: "no-answer" } }],
    });
    const asked = ask(federation, "slow.fed.test");
    const failed = expect(asked).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect.poll(() => federation.requestCount("slow.fed.test").requests).toBe(1);
    await federation.stop();
    await failed;
  });
});

describe("names", () => {
  it("asks the hostname of a name with a port, and finds it by either", async () => {
    const federation = await start({ names: [{ serverName: "Alder.fed.test:8448", behaviour: ADMIN }] });
    expect(await readOutcome(federation, "alder.fed.test")).toEqual({ kind: "document", verdict: "valid" });
    expect(federation.requestCount("alder.fed.test:8448").requests).toBe(1);
    expect(federation.find("alder.fed.test")?.serverName).toBe("Alder.fed.test:8448");
  });

  it("serves names below other domains and deep names, each with a certificate of its own", async () => {
    const federation = await start({
      names: [
        { serverName: "matrix.example.org", behaviour: ADMIN },
        { serverName: "a.b.c.fed.test", behaviour: ADMIN },
      ],
    });
    for (const name of ["matrix.example.org", "a.b.c.fed.test"]) {
      expect(await readOutcome(federation, name)).toEqual({ kind: "document", verdict: "valid" });
    }
  });

  it("serves an address literal among its addresses, without SNI", async () => {
    const federation = await start({ names: [{ serverName: "127.64.0.9", behaviour: ADMIN }] });
    expect(await readOutcome(federation, "127.64.0.9")).toEqual({ kind: "document", verdict: "valid" });
    expect(federation.requestCount("127.64.0.9")).toMatchObject({ connections: 1, requests: 1 });
  });

  it("knows no other name", async () => {
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour: ADMIN }] });
    for (const name of ["birch.fed.test", "static.alder.fed.test", "static.birch.fed.test"]) {
      expect(await readOutcome(federation, name)).toEqual({ kind: "unreachable", reason: "dns-not-found" });
    }
  });
});

describe("behaviour that changes", () => {
  it("is another from the next request on, and counts on", async () => {
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour: ADMIN }] });
    expect((await ask(federation, "alder.fed.test")).status).toBe(200);
    federation.setBehaviour("alder.fed.test", NOT_FOUND);
    expect((await ask(federation, "alder.fed.test")).status).toBe(404);
    expect(federation.requestCount("alder.fed.test")).toEqual({
      dnsQueries: 2,
      connections: 2,
      requests: 2,
      conditional: 0,
    });
    expect(federation.find("alder.fed.test")?.truth).toEqual({ kind: "absent" });
  });

  it("adds servers and takes them away", async () => {
    const federation = await start({ names: [] });
    federation.setBehaviour("new.fed.test", ADMIN);
    expect((await ask(federation, "new.fed.test")).status).toBe(200);
    expect(federation.remove("new.fed.test")).toBe(true);
    await expect(ask(federation, "new.fed.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("follows a script from visit to visit", async () => {
    const flapping: Behaviour = {
      family: "scripted",
      steps: [ADMIN, { family: "status", status: 503, retryAfterSeconds: 5 }],
      afterwards: "begin-again",
    };
    const withdrawn: Behaviour = { family: "scripted", steps: [ADMIN, NOT_FOUND], afterwards: "stay" };
    const federation = await start({
      names: [
        { serverName: "flapping.fed.test", behaviour: flapping },
        { serverName: "withdrawn.fed.test", behaviour: withdrawn },
      ],
    });
    const statuses = async (name: string) => {
      const seen: number[] = [];
      for (let visit = 0; visit < 4; visit += 1) seen.push((await ask(federation, name)).status);
      return seen;
    };
    expect(await statuses("flapping.fed.test")).toEqual([200, 503, 200, 503]);
    expect(await statuses("withdrawn.fed.test")).toEqual([200, 404, 404, 404]);
  });

  it("changes a document's unknown key only, where that is what it does", async () => {
    const behaviour: Behaviour = { family: "document", document: "churning-key", delivery: "plain" };
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour }] });
    const read = async () => JSON.parse(Buffer.from((await ask(federation, "alder.fed.test")).body).toString());
    const [first, second] = [await read(), await read()];
    expect(first["org.example.generated"]).not.toBe(second["org.example.generated"]);
    expect(first.contacts).toEqual(second.contacts);
  });
});

describe("delivery", () => {
  it.each([
    ["entity-tag", "if-none-match", "etag"],
    ["weak-entity-tag", "if-none-match", "etag"],
    ["last-modified", "if-modified-since", "last-modified"],
  ] as const)(
    "answers 304 to the validator of %s, and the document to another",
    async (delivery, condition, validator) => {
      const behaviour: Behaviour = { family: "document", document: "admin-both", delivery };
      const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour }] });
      const first = await ask(federation, "alder.fed.test");
      const again = await ask(federation, "alder.fed.test", { [condition]: String(first.headers[validator]) });
      const other = await ask(federation, "alder.fed.test", { [condition]: '"other"' });
      expect([first.status, again.status, again.body.length, other.status]).toEqual([200, 304, 0, 200]);
      expect(again.headers[validator]).toBe(first.headers[validator]);
      expect(federation.requestCount("alder.fed.test").conditional).toBe(2);
    },
  );

  it("serves given bytes as they are", async () => {
    const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0xff, 0x00]);
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour: serveVerbatim(bytes) }] });
    expect(Uint8Array.from((await ask(federation, "alder.fed.test")).body)).toEqual(bytes);
    expect(federation.find("alder.fed.test")?.truth).toBeNull();
  });

  it("says when to come back", async () => {
    const behaviour: Behaviour = { family: "status", status: 429, retryAfterSeconds: 120 };
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour }] });
    expect((await ask(federation, "alder.fed.test")).headers["retry-after"]).toBe("120");
  });
});

describe("loads", () => {
  it("counts connections by address, open ones and the most at once", async () => {
    const names = Array.from({ length: 5 }, (_, n) => ({
      serverName: `s-${n}.fed.test`,
      behaviour: { family: "connection", how: "no-answer" } as const,
    }));
    const federation = await start({ names, addresses: 1 });
    const asked = names.map(({ serverName }) => ask(federation, serverName).catch(() => null));
    await expect
      .poll(() => federation.loads())
      .toEqual([{ address: "127.64.0.1", open: 5, peak: 5, total: 5, busiestSecond: 5 }]);
    await federation.stop();
    await Promise.all(asked);
  });
});

describe("DNS", () => {
  it("answers for both families, whatever the case", async () => {
    const behaviour: Behaviour = { family: "dns", how: "private-v6-beside-public" };
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour }] });
    const resolver = createResolver(federation);
    expect(await resolver.resolve4("ALDER.fed.test")).toEqual([federation.find("alder.fed.test")?.address]);
    expect(await resolver.resolve6("alder.fed.test")).toEqual(["fd00::1"]);
  });

  it("answers over TCP what is too long for UDP", async () => {
    const behaviour: Behaviour = { family: "dns", how: "many-addresses" };
    const federation = await start({ names: [{ serverName: "alder.fed.test", behaviour }] });
    expect(await createResolver(federation).resolve4("alder.fed.test")).toHaveLength(120);
  });

  it("puts an alias before the address", async () => {
    const federation = await start({
      names: [{ serverName: "alder.fed.test", behaviour: { family: "dns", how: "alias" } }],
    });
    const resolver = createResolver(federation);
    expect(await resolver.resolve4("alder.fed.test")).toHaveLength(1);
    await expect(resolver.resolveMx("alder.fed.test")).rejects.toMatchObject({ code: "ENODATA" });
  });
});
