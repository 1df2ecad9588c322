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

  test("of where a redirect leads says nothing of the server that was asked", async () => {
    const { dns } = scene.network;
    const site = await scene.webSite(({ host }, response) => {
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(302, { location: `https://www.fed.test:${site.port}/` }).end();
    });
    dns.names.set("www.fed.test", { a: ["127.0.0.1"], txt: NO });
    const report = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(report).toMatchObject({ directoryRecord: null, end: { kind: "response", status: 200 } });
    expect(dns.asked.filter((question) => question.startsWith("TXT"))).toEqual([`TXT _switchboard.${NAME}`]);
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
