import { DAY_MS, HOUR_MS, MINUTE_MS } from "@switchboard/domain";
import { createRegistry } from "@switchboard/metrics";
import { toServerName } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Directory, startDirectory } from "./start-directory.ts";

const NAME = "canary.example.org";
const SUPPORT = "/.well-known/matrix/support";

describe("an api that keeps a canary", () => {
  let directory: Directory;
  beforeAll(async () => {
    directory = await startDirectory({ canary: toServerName(NAME), registry: createRegistry() });
    // Noon: what was added today is judged by itself, and midnight is half a day away.
    directory.clock.set(noonOf(directory.clock.now()));
  });
  afterAll(() => directory.close());

  const readSupport = (headers: Record<string, string> = {}) =>
    directory.app.inject({ url: SUPPORT, headers: { host: NAME, ...headers } });
  const readReadiness = () => directory.app.inject("/readyz");
  /** What a worker does: reads the document that the api serves, and records it. */
  const probe = async () => directory.probe(NAME, { document: (await readSupport()).json() });

  test("serves a document as that name only, with the day in it and a tag", async () => {
    const day = new Date(directory.clock.now()).toISOString().slice(0, 10);
    const answer = await readSupport();
    expect(answer.json()).toEqual({ support_page: `https://switchboard.example.org/canary/${day}` });
    expect(answer.headers).toMatchObject({
      "content-type": expect.stringContaining("application/json"),
      "cache-control": "no-cache",
      "access-control-allow-origin": "*",
    });
    const tag = String(answer.headers["etag"]);
    expect((await readSupport({ "if-none-match": tag })).statusCode).toBe(304);
    expect((await readSupport({ host: `${NAME.toUpperCase()}:443` })).statusCode).toBe(200);
    expect((await directory.app.inject(SUPPORT)).json()).toMatchObject({ type: "/problems/unknown-resource" });
    directory.clock.advance(DAY_MS);
    expect((await readSupport({ "if-none-match": tag })).statusCode).toBe(200);
    directory.clock.advance(-DAY_MS);
  });

  test("its page says what it is, and quotes nothing", async () => {
    const page = await directory.app.inject("/canary/2026-11-21");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.body).toContain("The canary of 2026-11-21");
    expect((await directory.app.inject("/canary/%3Cb%3E")).statusCode).toBe(400);
  });

  test("two days: ready while each day's change arrives, and says so when one does not", async () => {
    expect((await readReadiness()).json()).toMatchObject({
      type: "/problems/canary-late",
      detail: expect.stringMatching(/canary\.example\.org.*not in the directory/),
    });
    await probe();
    expect((await readReadiness()).json()).toEqual({ status: "ready" });

    // The second day, nobody has probed.
    directory.clock.advance(12 * HOUR_MS + 59 * MINUTE_MS);
    expect((await readReadiness()).statusCode).toBe(200);
    directory.clock.advance(MINUTE_MS);
    const late = await readReadiness();
    expect(late.statusCode).toBe(503);
    expect(late.headers["retry-after"]).toBe("60");
    expect(late.json()).toMatchObject({
      type: "/problems/canary-late",
      detail: expect.stringMatching(/canary\.example\.org .* since .*T00:00:00.000Z.*not probed/),
    });
    // Who serves readers all the same asks without it, and the process is well.
    expect((await directory.app.inject("/readyz?exclude=canary")).json()).toEqual({ status: "ready" });
    expect((await directory.app.inject("/healthz")).statusCode).toBe(200);

    await probe();
    expect((await readReadiness()).statusCode).toBe(200);

    // The third day, something in front answers with yesterday's.
    const stale = (await readSupport()).json();
    directory.clock.advance(DAY_MS);
    await directory.probe(NAME, { document: stale });
    expect((await readReadiness()).json()).toMatchObject({ detail: expect.stringContaining("lead to this api") });
    await probe();
    expect((await readReadiness()).statusCode).toBe(200);
  });
});

test("without a canary nothing is served as one, and readiness is the database's", async () => {
  const directory = await startDirectory();
  expect((await directory.app.inject({ url: SUPPORT, headers: { host: NAME } })).statusCode).toBe(404);
  expect((await directory.app.inject("/canary/2026-11-21")).statusCode).toBe(404);
  expect((await directory.app.inject("/readyz")).json()).toEqual({ status: "ready" });
  await directory.close();
});

function noonOf<T extends number>(moment: T) {
  return (Math.floor(moment / DAY_MS) * DAY_MS + DAY_MS / 2) as T;
}
