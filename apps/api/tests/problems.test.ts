import { connect } from "node:net";
import { PROBLEM_CONTENT_TYPE, problemSchema } from "@switchboard/contract";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Directory, startAnotherApp, startApp, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
  await directory.probe("example.org", {});
});
afterAll(() => directory.close());

const json = { "content-type": "application/json" };
const foreignCursors = [
  "nonsense",
  "%00",
  Buffer.from('["changes-oldest",9007199254740991,1,"a"]').toString("base64url"),
];

type Bad = [what: string, request: InjectOptions, status: number, slug: string, field?: string];
const bad: Bad[] = [
  ["a name with an underscore", { url: "/v1/servers/foo_bar.example" }, 400, "invalid-request", "name"],
  ["a URL for a name", { url: "/v1/servers/https%3A%2F%2Fexample.org" }, 400, "invalid-request", "name"],
  ["a name with a NUL", { url: "/v1/servers/exa%00mple.org" }, 400, "invalid-request", "name"],
  ["a name of 300 characters", { url: `/v1/servers/${"a".repeat(300)}` }, 400, "invalid-request", "name"],
  ["a name longer than any path", { url: `/v1/servers/${"a".repeat(9_000)}` }, 414, "url-too-long"],
  ["bad percent-encoding in a path", { url: "/v1/servers/%E0%A4%A" }, 400, "malformed-url", "path"],
  ["a path that is no UTF-8", { url: "/v1/servers/%FF%FE" }, 400, "malformed-url", "path"],
  ["an unknown name", { url: "/v1/servers/unknown.example.org" }, 404, "unknown-server-name", "name"],
  [
    "the revisions of an unknown name",
    { url: "/v1/servers/unknown.example.org/revisions" },
    404,
    "unknown-server-name",
  ],
  ["the spans of an unknown name", { url: "/v1/servers/unknown.example.org/spans" }, 404, "unknown-server-name"],
  ["the changes of an unknown name", { url: "/v1/servers/unknown.example.org/changes" }, 404, "unknown-server-name"],
  [
    "a probe of an unknown name",
    { method: "POST", url: "/v1/servers/unknown.example.org/probe" },
    404,
    "unknown-server-name",
  ],
  [
    "a revision that is not there",
    { url: "/v1/servers/example.org/revisions/99" },
    404,
    "unknown-revision",
    "revision",
  ],
  [
    "a revision that is no number",
    { url: "/v1/servers/example.org/revisions/0x1" },
    400,
    "invalid-request",
    "revision",
  ],
  [
    "a revision beyond all numbers",
    { url: "/v1/servers/example.org/revisions/99999999999" },
    400,
    "invalid-request",
    "revision",
  ],
  [
    "a moment before that name was known",
    { url: "/v1/servers/example.org?at=2001-01-01" },
    404,
    "unknown-server-name",
    "at",
  ],
  [
    "an unknown name in the past",
    { url: "/v1/servers/unknown.example.org?at=2001-01-01" },
    404,
    "unknown-server-name",
    "name",
  ],
  ["a moment that is none", { url: "/v1/servers/example.org?at=yesterday" }, 400, "invalid-request", "at"],
  ["an unknown parameter", { url: "/v1/servers?colour=red" }, 400, "invalid-request", "colour"],
  [
    "an unknown parameter of a listing",
    { url: "/v1/servers/example.org?colour=red" },
    400,
    "invalid-request",
    "colour",
  ],
  ["a parameter given twice", { url: "/v1/servers?q=a&q=b" }, 400, "invalid-request", "q"],
  ["a query over 200 characters", { url: `/v1/servers?q=${"a".repeat(201)}` }, 400, "invalid-request", "q"],
  ["a query with a NUL", { url: "/v1/servers?q=a%00b" }, 400, "invalid-request", "q"],
  ["an unknown outcome", { url: "/v1/servers?outcome=dead" }, 400, "invalid-request", "outcome"],
  ["an unknown order", { url: "/v1/servers?sort=size" }, 400, "invalid-request", "sort"],
  ["a limit of nothing", { url: "/v1/servers?limit=0" }, 400, "invalid-request", "limit"],
  ["a limit that is no number", { url: "/v1/servers?limit=1e2" }, 400, "invalid-request", "limit"],
  ["a limit over the bound", { url: "/v1/servers?limit=501" }, 400, "invalid-request", "limit"],
  ["a role of nothing", { url: "/v1/servers?role=" }, 400, "invalid-request", "role"],
  ["a role with a NUL", { url: "/v1/servers?role=%00" }, 400, "invalid-request", "role"],
  ["a contact query over 200 characters", { url: `/v1/contacts?q=${"a".repeat(201)}` }, 400, "invalid-request", "q"],
  ["an empty contact query", { url: "/v1/contacts?q=" }, 400, "invalid-request", "q"],
  ["no contact query", { url: "/v1/contacts" }, 400, "invalid-request", "q"],
  ["parts of addresses without a key", { url: "/v1/contacts?q=abuse&match=substring" }, 401, "key-refused", "match"],
  [
    "a key that is none",
    { url: "/v1/contacts?q=abuse", headers: { authorization: "Bearer nope" } },
    401,
    "key-refused",
    "authorization",
  ],
  [
    "a password for a key",
    { url: "/v1/export.csv", headers: { authorization: "Basic YTpi" } },
    401,
    "key-refused",
    "authorization",
  ],
  ["an unknown kind of change", { url: "/v1/changes?kind=contact-eaten" }, 400, "invalid-request", "kind"],
  ["no entity", { url: "/v1/route" }, 400, "invalid-request", "entity"],
  ["an entity that is none", { url: "/v1/route?entity=what%20is%20this" }, 400, "invalid-request", "entity"],
  ["an entity of 3,000 characters", { url: `/v1/route?entity=${"a".repeat(3_000)}` }, 400, "invalid-request", "entity"],
  ["a server in the room that is none", { url: "/v1/route?entity=$a&via=a_b" }, 400, "invalid-request", "via"],
  [
    "more servers in the room than can be told",
    { url: `/v1/route?entity=$a${"&via=a.example".repeat(21)}` },
    400,
    "invalid-request",
    "via",
  ],
  ["an unknown purpose", { url: "/v1/route?entity=example.org&purpose=fun" }, 400, "invalid-request", "purpose"],
  ["an unknown view", { url: "/v1/route?entity=example.org&view=poster" }, 400, "invalid-request", "view"],
  [
    "a batch over 1,000",
    { method: "POST", url: "/v1/route", payload: { entities: Array(1_001).fill("a.example") } },
    400,
    "invalid-request",
    "entities",
  ],
  [
    "an empty batch",
    { method: "POST", url: "/v1/route", payload: { entities: [] } },
    400,
    "invalid-request",
    "entities",
  ],
  [
    "a batch of numbers",
    { method: "POST", url: "/v1/route", payload: { entities: [1] } },
    400,
    "invalid-request",
    "entities.0",
  ],
  [
    "a batch with an unknown member",
    { method: "POST", url: "/v1/route", payload: { entities: ["a.example"], x: 1 } },
    400,
    "invalid-request",
    "x",
  ],
  [
    "over 1,000 names",
    { method: "POST", url: "/v1/servers", payload: { names: Array(1_001).fill("a.example") } },
    400,
    "invalid-request",
    "names",
  ],
  [
    "only names that are none",
    { method: "POST", url: "/v1/servers", payload: { names: ["a_b", "@a:b"] } },
    400,
    "invalid-request",
    "names.0",
  ],
  [
    "names that are no list",
    { method: "POST", url: "/v1/servers", payload: { names: "example.org" } },
    400,
    "invalid-request",
    "names",
  ],
  [
    "nesting without end",
    {
      method: "POST",
      url: "/v1/servers",
      headers: json,
      payload: `{"names":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    },
    400,
    "invalid-request",
    "names.0",
  ],
  [
    "half a body",
    { method: "POST", url: "/v1/servers", headers: json, payload: '{"names": [' },
    400,
    "malformed-body",
    "body",
  ],
  [
    "a poisoned body",
    { method: "POST", url: "/v1/servers", headers: json, payload: '{"__proto__": {"names": []}}' },
    400,
    "malformed-body",
    "body",
  ],
  ["an empty body", { method: "POST", url: "/v1/servers", headers: json, payload: "" }, 400, "malformed-body", "body"],
  ["no body", { method: "POST", url: "/v1/servers" }, 400, "invalid-request", "body"],
  [
    "a body that is a list",
    { method: "POST", url: "/v1/servers", payload: ["example.org"] },
    400,
    "invalid-request",
    "body",
  ],
  [
    "a form",
    {
      method: "POST",
      url: "/v1/servers",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: "a=b",
    },
    415,
    "unsupported-media-type",
    "content-type",
  ],
  [
    "a text",
    {
      method: "POST",
      url: "/v1/route",
      headers: { "content-type": "text/plain" },
      payload: '{"entities":["a.example"]}',
    },
    415,
    "unsupported-media-type",
    "content-type",
  ],
  [
    "a compressed body",
    { method: "POST", url: "/v1/servers", headers: { ...json, "content-encoding": "gzip" }, payload: "a" },
    415,
    "unsupported-media-type",
    "content-encoding",
  ],
  [
    "a body over 1 MiB",
    { method: "POST", url: "/v1/servers", headers: json, payload: `{"names":["${"a".repeat(1024 * 1024)}"]}` },
    413,
    "body-too-large",
    "body",
  ],
  [
    "a document over 64 KiB",
    { method: "POST", url: "/v1/lint", payload: "a".repeat(64 * 1024 + 1) },
    413,
    "body-too-large",
    "body",
  ],
  [
    "a document that is encoded",
    { method: "POST", url: "/v1/lint", headers: { "content-encoding": "gzip" }, payload: "a" },
    415,
    "unsupported-media-type",
    "content-encoding",
  ],
  [
    "whose document, misspelt",
    { method: "POST", url: "/v1/lint?server=a_b", payload: "{}" },
    400,
    "invalid-request",
    "server",
  ],
  ["an unknown address", { url: "/v1/nothing" }, 404, "unknown-resource"],
  ["an unknown address outside the API", { url: "/wp-login.php" }, 404, "unknown-resource"],
  ["a path that climbs out", { url: "/..%2f..%2fpackage.json" }, 404, "unknown-resource"],
  ["an unknown problem", { url: "/problems/bad-day" }, 404, "unknown-resource"],
  ["a wrong method", { method: "DELETE", url: "/v1/servers/example.org" }, 405, "method-not-allowed"],
  [
    "a wrong method with a body",
    { method: "PUT", url: "/v1/servers", headers: { "content-type": "text/csv" }, payload: "x" },
    405,
    "method-not-allowed",
  ],
  ["a page for people with a wrong method", { method: "POST", url: "/r/a.example" }, 405, "method-not-allowed"],
  ["a wrong method on a page", { method: "POST", url: "/" }, 405, "method-not-allowed"],
  ...[
    "/v1/servers",
    "/v1/changes",
    "/v1/contacts",
    "/v1/servers/example.org/revisions",
    "/v1/servers/example.org/spans",
    "/v1/servers/example.org/changes",
  ].flatMap((url): Bad[] =>
    foreignCursors.map((cursor) => {
      const q = url === "/v1/contacts" ? "q=a@example.org&" : "";
      return [
        `a cursor of somebody else, ${url} ${cursor}`,
        { url: `${url}?${q}cursor=${cursor}` },
        400,
        "invalid-cursor",
        "cursor",
      ];
    }),
  ),
  ["a since of somebody else", { url: "/v1/changes?since=yesterday" }, 400, "invalid-cursor", "since"],
];

test.each(bad)("%s is a problem", async (_what, request, status, slug, field) => {
  const response = await directory.app.inject(request);
  expect(response.headers["content-type"]).toBe(PROBLEM_CONTENT_TYPE);
  const problem = problemSchema.parse(response.json());
  expect(problem).toMatchObject({ status, type: `/problems/${slug}` });
  expect(response.statusCode).toBe(status);
  expect(problem.instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  if (field !== undefined) {
    expect(problem.errors?.[0]).toMatchObject({
      field,
      detail: expect.stringMatching(/./),
      fix: expect.stringMatching(/./),
    });
  }
  const known = await directory.app.inject(problem.type);
  expect(known.json()).toEqual({ type: problem.type, status, title: problem.title });
});

test("a wrong method is told which are right", async () => {
  const response = await directory.app.inject({ method: "PATCH", url: "/v1/servers" });
  expect(response.headers["allow"]).toBe("GET, HEAD, POST");
});

test.each([1, 2, 3])("a crafted cursor of numbers beyond every column is no failure of ours (%i)", async (places) => {
  for (const [url, listing] of [
    ["/v1/servers?", "search-name"],
    ["/v1/servers?sort=confirmed&", "search-confirmed"],
    ["/v1/servers?sort=changed&", "search-changed"],
    ["/v1/changes?", "changes-oldest"],
    ["/v1/contacts?q=a@example.org&", "contacts"],
    ["/v1/servers/example.org/revisions?", "revisions"],
    ["/v1/servers/example.org/spans?", "spans"],
  ]) {
    const numbers = Array(places).fill(Number.MAX_SAFE_INTEGER);
    for (const position of [numbers, [...numbers, "a"], [...numbers, "a", "b"], [...numbers, "\u0000", "\ud800"]]) {
      const cursor = Buffer.from(JSON.stringify([listing, ...position])).toString("base64url");
      const response = await directory.app.inject(`${url}cursor=${cursor}`);
      expect([200, 400], `${url} ${JSON.stringify(position)}`).toContain(response.statusCode);
    }
  }
});

test("what was unexpected is opaque to the client and logged once, by the id the client is given", async () => {
  const readStats = () => Promise.reject(new Error("the disk is full of secrets"));
  const { app, logged } = await startApp({ store: { ...directory.store, readStats }, clock: directory.clock.now });
  const response = await app.inject("/v1/stats");
  await app.close();
  expect(response.statusCode).toBe(500);
  expect(response.body).not.toContain("secrets");
  const id = problemSchema.parse(response.json()).instance.replace("urn:uuid:", "");
  const errors = logged.filter(({ level }) => level === 50);
  expect(errors).toMatchObject([{ reqId: id, route: "/v1/stats", err: { message: "the disk is full of secrets" } }]);
});

test("quotas: told on every answer in the draft's structured fields, and a wall in the end", async () => {
  const quota = (requests: number) => ({ requests, windowMs: 60_000 });
  const app = await startAnotherApp(directory, { quotas: { default: quota(3), writes: quota(1) } });
  const first = await app.inject("/v1/stats");
  expect(first.headers["ratelimit-policy"]).toBe('"default";q=3;w=60');
  expect(first.headers["ratelimit"]).toBe('"default";r=2;t=60');
  const submit = () => app.inject({ method: "POST", url: "/v1/servers", payload: { names: ["quota.example"] } });
  const written = await submit();
  expect(written.statusCode).toBe(202);
  expect(written.headers["ratelimit-policy"]).toBe('"default";q=3;w=60, "writes";q=1;w=60');
  const refused = await submit();
  expect(refused.statusCode).toBe(429);
  expect(refused.json()).toMatchObject({ type: "/problems/rate-limited" });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect((await app.inject("/v1/nothing")).statusCode).toBe(429);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
});

test.each([
  ["bytes that are no HTTP", "\u0016\u0003\u0001\r\n\r\n", 400, "malformed-http"],
  [
    "a method that no address takes",
    "TRACE /v1/stats HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    405,
    "method-not-allowed",
  ],
  ["headers over 16 KiB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 431, "headers-too-large"],
])("%s get a problem, too", async (_what, bytes, status, slug) => {
  const app = await startAnotherApp(directory, {});
  await app.listen({ host: "127.0.0.1", port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(address.port, "127.0.0.1", () => socket.write(bytes));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(problemSchema.parse(JSON.parse(answer.split("\r\n\r\n")[1] ?? ""))).toMatchObject({
    status,
    type: `/problems/${slug}`,
  });
});
