import {
  type FetchReport,
  interpretFetch,
  parseHostname,
  parseServerName,
  RULES_VERSION,
  toInstant,
} from "@switchboard/domain";
import { expect, test } from "vitest";
import { type Judgement, relint, type StoredDocument } from "./relint.ts";

const at = toInstant(Date.UTC(2026, 2, 1));

function unwrap<T>(parsed: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A report of a document delivered without CORS and with the wrong content type. */
function reportOf(text: string): FetchReport & { end: { kind: "response" } } {
  const headers = {
    contentType: "text/plain",
    contentEncoding: null,
    accessControlAllowOrigin: null,
    cacheControl: null,
    expires: null,
    age: null,
    date: null,
    retryAfter: null,
    etag: null,
    lastModified: null,
    location: null,
    server: null,
  };
  return {
    hostname: unwrap(parseHostname("example.org")),
    fetchedAt: at,
    hops: [{ url: "https://example.org/.well-known/matrix/support", status: 200, address: "192.0.2.1", headers }],
    tls: null,
    timing: { totalMs: 1, dnsMs: null, connectMs: null, firstByteMs: null },
    conditional: false,
    directoryRecord: null,
    end: { kind: "response", status: 200, headers, body: new TextEncoder().encode(text) },
  };
}

/** The judge that a relint hands to the directory. */
async function judgeOf(): Promise<(stored: StoredDocument) => Judgement> {
  const { promise, resolve } = Promise.withResolvers<(stored: StoredDocument) => Judgement>();
  const store = {
    async relint(request: { judge: (stored: StoredDocument) => Judgement; rulesVersion: number }) {
      expect(request.rulesVersion).toBe(RULES_VERSION);
      resolve(request.judge);
      return { judged: 3, verdictsChanged: 1 };
    },
  };
  expect(await relint({ store, clock: () => at })).toEqual({ judged: 3, verdictsChanged: 1 });
  return promise;
}

test("what a fetch brought is judged from its bytes as it was judged when it came", async () => {
  const contact = { role: "m.role.admin", matrix_id: "@admin:example.org" };
  const report = reportOf(JSON.stringify({ contacts: [contact], support_page: "http://example.org/help" }));
  const { outcome } = interpretFetch(report, null, unwrap(parseServerName("example.org")));
  if (outcome.kind !== "document") throw new Error(`no document: ${outcome.kind}`);
  const { document, verdict, findings, raw } = outcome;
  const judge = await judgeOf();

  expect(judge({ hostname: report.hostname, raw, delivery: report })).toEqual({ document, verdict, findings });
  // Findings on the delivery go with it; those that need to know the server do not.
  const withoutDelivery = judge({ hostname: report.hostname, raw, delivery: null }).findings;
  expect(withoutDelivery.length).toBeGreaterThan(0);
  expect(withoutDelivery.length).toBeLessThan(findings.length);
});

test("bytes that the rules find nothing usable in have no document", async () => {
  const judge = await judgeOf();
  const raw = new TextEncoder().encode("<html>");
  expect(judge({ hostname: reportOf("").hostname, raw, delivery: null })).toMatchObject({
    document: null,
    verdict: "unusable",
  });
});
