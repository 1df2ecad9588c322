import { HOUR_MS } from "@switchboard/domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInjectClient, unwrap } from "./inject-client.ts";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
  const contact = (role: string) => ({ contacts: [{ role, email_address: "abuse@example.net" }] });
  await directory.probe("example.org", { document: contact("m.role.admin") });
  directory.clock.advance(HOUR_MS);
  await directory.probe("example.org", { document: contact("m.role.security") });
  directory.clock.advance(HOUR_MS);
  await directory.probe("example.org", { status: 503 });
  await directory.probe("other.example", {
    body: new TextEncoder().encode('\ufeff{"contacts":[{"role":"m.role.admin","email_address":"a@other.example"}]}'),
  });
});
afterAll(() => directory.close());

test("revisions, the newest first, and each as served and as parsed", async () => {
  const client = createInjectClient(directory.app);
  const page = await unwrap(client.listRevisions("example.org"));
  expect(page.items.map(({ revision }) => revision)).toEqual([2, 1]);
  const served = '{"contacts":[{"role":"m.role.admin","email_address":"abuse@example.net"}]}';
  expect(await unwrap(client.findRevision("example.org", 1))).toMatchObject({
    serverName: "example.org",
    asServed: { encoding: "utf-8", content: served, bytes: served.length },
    document: { contacts: [{ role: "m.role.admin", email_address: "abuse@example.net" }] },
    verdict: "valid",
  });
});

test("a byte order mark is part of what was served", async () => {
  const revision = await unwrap(createInjectClient(directory.app).findRevision("other.example", 1));
  expect(revision.asServed.content.startsWith("\ufeff{")).toBe(true);
});

test("spans, the latest first", async () => {
  const { items } = await unwrap(createInjectClient(directory.app).listSpans("example.org"));
  expect(items).toMatchObject([
    { kind: "unreachable", revision: null, count: 1, reasons: { "server-error": 1 } },
    { kind: "document", revision: 2, count: 1 },
    { kind: "document", revision: 1, count: 1 },
  ]);
});

test("a server's changes, the newest first, with addresses: its name was asked for", async () => {
  const { items } = await unwrap(createInjectClient(directory.app).listServerChanges("example.org"));
  expect(items).toMatchObject([
    { kind: "became-unreachable", details: { reason: "server-error" } },
    {
      kind: "contact-role-changed",
      details: {
        before: { role: "m.role.admin", email_address: "abuse@example.net" },
        after: { role: "m.role.security", email_address: "abuse@example.net" },
      },
    },
    { kind: "document-published", serverNames: ["example.org"] },
  ]);
});

test("the feed goes on from where it was left, never skips, and tells addresses to holders of a key only", async () => {
  const client = createInjectClient(directory.app);
  const kinds: string[] = [];
  let since: string | undefined;
  for (;;) {
    const page = await unwrap(client.listChanges({ limit: 1, ...(since === undefined ? {} : { since }) }));
    kinds.push(...page.items.map(({ kind }) => kind));
    since = page.resumeCursor;
    if (page.nextCursor === null) break;
  }
  expect(kinds.slice(0, 3)).toEqual(["document-published", "contact-role-changed", "became-unreachable"]);

  await directory.probe("late.example", {
    document: { contacts: [{ role: "m.role.admin", email_address: "late@example.net" }] },
  });
  const response = await directory.app.inject(`/v1/changes?since=${since}`);
  expect(response.json().items).toMatchObject([
    {
      kind: "document-published",
      serverNames: ["late.example"],
      details: { document: { contacts: [{ role: "m.role.admin", methods: ["email_address"] }] } },
    },
  ]);
  expect(response.body).not.toContain("@");

  const { secret } = await directory.store.createKey("feed");
  const keyed = await unwrap(
    createInjectClient(directory.app, secret).listChanges({ ...(since === undefined ? {} : { since }) }),
  );
  expect(keyed.items).toMatchObject([{ details: { document: { contacts: [{ email_address: "late@example.net" }] } } }]);
});

test("the feed is filtered by server and kind", async () => {
  const client = createInjectClient(directory.app);
  const ofServer = await unwrap(client.listChanges({ server: "OTHER.example" }));
  expect(ofServer.items).toMatchObject([{ serverNames: ["other.example"], kind: "document-published" }]);
  const ofKind = await unwrap(client.listChanges({ kind: "became-unreachable,contact-role-changed" }));
  expect(ofKind.items.map(({ kind }) => kind)).toEqual(["contact-role-changed", "became-unreachable"]);
});
