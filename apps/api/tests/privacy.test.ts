import { afterAll, beforeAll, expect, test } from "vitest";
import { type Directory, startApp, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
  await directory.probe("listed.example", {});
});
afterAll(() => directory.close());

const SECRET = "looked-up-by-somebody";
const entity = `@${SECRET}:${SECRET}.example`;
const json = { "content-type": "application/json" };
const requests = [
  { url: `/v1/route?entity=${encodeURIComponent(entity)}` },
  { url: `/v1/route?entity=${encodeURIComponent(`${SECRET} is no entity`)}` },
  { url: `/v1/route?entity=${SECRET}&view=brief&nonsense=${SECRET}` },
  { url: `/v1/contacts?q=${SECRET}@example.net` },
  { url: `/v1/contacts?q=${SECRET}&cursor=${SECRET}` },
  { url: `/v1/servers?q=${SECRET}` },
  { url: `/v1/servers/${SECRET}.example` },
  { url: `/v1/servers/${SECRET}_/revisions` },
  { url: `/v1/${SECRET}` },
  { url: `/${SECRET}%ZZ` },
  { url: `/r/${encodeURIComponent(entity)}` },
  { url: `/r?entity=${encodeURIComponent(entity)}` },
  { url: "/v1/stats", headers: { authorization: `Bearer ${SECRET}`, referer: `https://${SECRET}.example/` } },
  { url: "/v1/changes", headers: { authorization: `Bearer ${SECRET}` } },
  { method: "POST" as const, url: "/v1/route", payload: { entities: [entity, SECRET] } },
  { method: "POST" as const, url: "/v1/route", headers: json, payload: `{"entities": ["${SECRET}` },
  { method: "POST" as const, url: "/v1/lint", payload: `{"contacts": [{"role": "${SECRET}"}]}` },
  { method: "DELETE" as const, url: `/v1/servers/${SECRET}.example` },
];

test("what people look up is in no line of the log", async () => {
  for (const request of requests) await directory.app.inject(request);
  expect(directory.logged.length).toBeGreaterThanOrEqual(requests.length - 1);
  expect(JSON.stringify(directory.logged)).not.toContain(SECRET);
  expect(directory.logged).toContainEqual(expect.objectContaining({ method: "GET", route: "/v1/route", status: 200 }));
});

test("nor when a look-up fails with an error that repeats it", async () => {
  const fail = (): never => {
    throw new Error(`invalid input: ${SECRET}\nDETAIL: ${SECRET}`);
  };
  const store = { ...directory.store, findListings: fail, findContacts: fail, searchListings: fail };
  const { app, logged } = await startApp({ store, clock: directory.clock.now });
  for (const url of [
    `/v1/route?entity=${SECRET}.example`,
    `/v1/contacts?q=${SECRET}`,
    `/v1/servers?q=${SECRET}`,
    `/r/${SECRET}.example`,
  ]) {
    const response = await app.inject(url);
    expect(response.statusCode).toBe(500);
  }
  await app.close();
  const errors = logged.filter(({ level }) => level === 50);
  expect(errors).toHaveLength(4);
  expect(JSON.stringify(errors)).toContain("routes/contacts.ts");
  expect(JSON.stringify(logged)).not.toContain(SECRET);
});
