import { describe, expect, test } from "vitest";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import type { ScriptedName } from "./harness/scripted-dns.ts";
import { hostname, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();
const NO = [["v=switchboard1; directory=no"]];

async function probeWith(script: ScriptedName) {
  const acquired: string[] = [];
  const site = await scene.webSite((_request, response) => serve(response));
  scene.network.dns.names.set(NAME, { a: ["127.0.0.1"], ...script });
  const prober = scene.network.proberAt(site.port, {
    deadlineMs: 2_000,
    acquireAddress: async (address) => {
      acquired.push(address);
      return () => {};
    },
  });
  const report = await prober.probe(NAME, null, unaborted());
  return { report, acquired, requests: site.requests };
}

describe("a TXT record that asks to be left alone", () => {
  test("keeps the prober from connecting at all", async () => {
    const { report, acquired, requests } = await probeWith({ txt: NO });
    expect(report).toMatchObject({
      directoryRecord: { kind: "not-listed" },
      end: { kind: "declined", reason: "opted-out", detail: expect.stringContaining(`_switchboard.${NAME}`) },
      hops: [{ status: null, address: null }],
      timing: { connectMs: null },
    });
    expect({ acquired, requests }).toEqual({ acquired: [], requests: [] });
  });

  test("is heard in its pieces, among others' records, and when it comes a little after the addresses", async () => {
    const txt = [["v=spf1 -all"], ["v=switch", "board1; dire", "ctory=no"], ["x".repeat(255)]];
    const { report, requests } = await probeWith({ txt, txtDelayMs: 100 });
    expect(report.end).toMatchObject({ reason: "opted-out" });
    expect(requests).toEqual([]);
  });

  test("counts before what is wrong with the addresses", async () => {
    const { report } = await probeWith({ a: ["10.0.0.1"], txt: NO });
    expect(report.end).toMatchObject({ reason: "opted-out" });
  });

  describe("or a directory that knows so, of where a redirect leads", () => {
    async function probeRedirected(www: ScriptedName, optedOut: readonly string[] = []) {
      const { dns } = scene.network;
      const site = await scene.webSite(({ host }, response) => {
        if (host.startsWith("www.")) serve(response);
        else response.writeHead(302, { location: `https://www.fed.test.:${site.port}/` }).end();
      });
      dns.names.set("www.fed.test", { a: ["127.0.0.1"], ...www });
      const knownAs: string[] = [];
      const prober = scene.network.proberAt(site.port, {
        hasOptedOut: async (name) => {
          knownAs.push(name);
          return optedOut.includes(name);
        },
      });
      const report = await prober.probe(NAME, null, unaborted());
      const asked = dns.asked.filter((question) => question.startsWith("TXT"));
      return { report, knownAs, asked, hosts: site.requests.map(({ host }) => host.split(":")[0]) };
    }
    const REFUSED = {
      directoryRecord: null,
      end: {
        kind: "declined",
        reason: "redirect-to-opted-out",
        detail: expect.stringContaining("https://www.fed.test."),
      },
      hops: [{ status: 302 }, { status: null, address: null }],
    };

    test.each<[string, ScriptedName, string[]]>([
      ["by its record", { txt: NO }, []],
      ["by the directory", {}, ["www.fed.test"]],
    ])(
      "keeps the prober from connecting there, and says nothing of the server that was asked: %s",
      async (_how, www, out) => {
        const { report, hosts } = await probeRedirected(www, out);
        expect(report).toMatchObject(REFUSED);
        expect(hosts).toEqual([NAME]);
      },
    );

    test("is asked about once, and of no other host", async () => {
      const { report, knownAs, asked, hosts } = await probeRedirected({}, [NAME]);
      expect(report).toMatchObject({ end: { kind: "response", status: 200 } });
      expect(hosts).toEqual([NAME, "www.fed.test."]);
      expect(knownAs).toEqual(["www.fed.test"]);
      expect(asked).toEqual([`TXT _switchboard.${NAME}`, "TXT _switchboard.www.fed.test"]);
    });

    test("that cannot be asked fails the probe as a fault of ours", async () => {
      const site = await scene.webSite((_request, response) =>
        response.writeHead(302, { location: `https://nowhere.fed.test:${site.port}/` }).end(),
      );
      const hasOptedOut = () => Promise.reject(new Error("no database"));
      const prober = scene.network.proberAt(site.port, { hasOptedOut });
      await expect(prober.probe(NAME, null, unaborted())).rejects.toThrow("no database");
    });
  });
});

describe("a probe goes on", () => {
  test.each<[string, ScriptedName["txt"], object | null]>([
    ["where there is no record", [], null],
    ["where the records are others'", [["v=spf1 include:_spf.fed.test -all"], [""]], null],
    ["where the record says yes", [["V=Switchboard1 ; Directory = Yes ;"]], { kind: "listed" }],
    ["where the record says nothing", [["v=switchboard1"]], { kind: "malformed", text: "v=switchboard1" }],
    ["where the name server fails", "servfail", null],
    ["where the name server refuses", "refused", null],
    ["where the name does not exist", "nxdomain", null],
  ])("%s", async (_title, txt, directoryRecord) => {
    const { report, requests } = await probeWith(txt === undefined ? {} : { txt });
    expect(report).toMatchObject({ directoryRecord, end: { kind: "response", status: 200 } });
    expect(requests).toHaveLength(1);
  });

  test("when the record does not come in a tenth of the deadline", async () => {
    const { report } = await probeWith({ txt: "silence" });
    expect(report).toMatchObject({ directoryRecord: null, end: { kind: "response", status: 200 } });
    expect(report.timing.dnsMs).toBeGreaterThanOrEqual(190);
    expect(report.timing.totalMs).toBeLessThan(1_000);
  });

  test("without asking where a literal or a name too long has no record", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const long = `${"a.".repeat(118)}fed.test`;
    scene.network.dns.names.set(long, { a: ["127.0.0.1"], txt: NO });
    const prober = scene.network.proberAt(site.port);
    const [literal, tooLong] = await Promise.all([
      prober.probe(hostname("127.0.0.1"), null, unaborted()),
      prober.probe(hostname(long), null, unaborted()),
    ]);
    expect(literal.end).toMatchObject({ kind: "response", status: 200 });
    expect(tooLong.end).toMatchObject({ kind: "failed", reason: "tls-wrong-name" });
    // Another test's question that was met with silence may still be asked again.
    const asked = scene.network.dns.asked.filter((question) => question !== `TXT _switchboard.${NAME}`);
    expect(asked.filter((question) => question.startsWith("TXT"))).toEqual([]);
  });
});

test("an abort while the record is waited for ends the probe with its reason", async () => {
  const site = await scene.webSite((_request, response) => serve(response));
  scene.network.dns.names.set(NAME, { a: ["127.0.0.1"], txt: "silence" });
  const controller = new AbortController();
  const probing = scene.network.proberAt(site.port).probe(NAME, null, controller.signal);
  setTimeout(() => controller.abort(new Error("stop")), 100);
  await expect(probing).rejects.toThrow("stop");
});
