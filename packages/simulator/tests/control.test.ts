import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERY_BEHAVIOUR, type Federation, startFederation } from "../src/index.ts";
import { ask } from "./reference-client.ts";

describe("the control endpoint", () => {
  let federation: Federation;

  beforeAll(async () => {
    federation = await startFederation({
      names: [
        { serverName: "alder.fed.test", behaviour: { family: "document", document: "admin-both", delivery: "plain" } },
        { serverName: "birch.fed.test:8448", behaviour: { family: "absent", how: "gone" } },
      ],
    });
  });

  afterAll(() => federation.stop());

  async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${federation.controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  it("says what leads a crawl here, which tells it from any other federation", async () => {
    const { dnsServer, wellKnownPort, caFile, allowNetworks, namesFile } = federation;
    const { body } = await control("GET", "/federation");
    expect(body).toEqual({ dnsServer, wellKnownPort, caFile, allowNetworks, namesFile });
  });

  it("lists the servers with their truth", async () => {
    const { body } = await control("GET", "/servers");
    expect(body).toEqual(JSON.parse(JSON.stringify(federation.names())));
    expect(await control("GET", "/servers/birch.fed.test:8448")).toMatchObject({ body: { truth: { kind: "absent" } } });
  });

  it("lists every behaviour", async () => {
    expect((await control("GET", "/behaviours")).body).toEqual(EVERY_BEHAVIOUR);
  });

  it("changes, adds and takes away a server while it runs", async () => {
    const gone = { family: "absent", how: "gone" };
    expect((await ask(federation, "alder.fed.test")).status).toBe(200);
    expect(await control("PUT", "/servers/alder.fed.test", gone)).toMatchObject({
      status: 200,
      body: { behaviour: gone },
    });
    expect((await ask(federation, "alder.fed.test")).status).toBe(410);
    expect(await control("PUT", "/servers/new.fed.test%3A8448", gone)).toMatchObject({ status: 200 });
    expect((await ask(federation, "new.fed.test")).status).toBe(410);
    expect(await control("DELETE", "/servers/new.fed.test")).toEqual({ status: 200, body: { removed: true } });
    await expect(ask(federation, "new.fed.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("counts requests, and the load of addresses", async () => {
    await ask(federation, "birch.fed.test");
    const { body } = await control("GET", "/requests?name=birch.fed.test");
    expect(body).toEqual({ dnsQueries: 1, connections: 1, requests: 1, conditional: 0 });
    expect((await control("GET", "/addresses")).body).toEqual(JSON.parse(JSON.stringify(federation.loads())));
  });

  it.each([
    ["GET", "/servers/nobody.fed.test", undefined, 404, "there is no server nobody.fed.test"],
    ["GET", "/servers/a_b", undefined, 400, "a_b"],
    ["GET", "/requests", undefined, 400, "server name is missing"],
    ["PUT", "/servers/a_b", {}, 400, "a_b"],
    ["PUT", "/servers/alder.fed.test", {}, 400, "family"],
    ["PUT", "/servers/alder.fed.test", "not JSON", 400, "JSON object"],
    ["PUT", "/servers/alder.fed.test", "x".repeat(1024 * 1024 + 1), 413, "at most"],
    ["DELETE", "/servers/nobody.fed.test", undefined, 404, "nobody"],
    ["POST", "/servers", {}, 404, "no such operation: POST /servers"],
    ["GET", "/servers/%ff", undefined, 400, "%ff"],
    ["GET", "/", undefined, 404, "no such operation"],
  ])("answers %s %s with a reason", async (method, path, body, status, reason) => {
    expect(await control(method, path, body)).toEqual({ status, body: { error: expect.stringContaining(reason) } });
  });
});
