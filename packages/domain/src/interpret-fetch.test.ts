import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import { FETCH_FAILURES, FETCH_REFUSALS, type FetchReport, type HopHeaders, type Validator } from "./fetch-report.ts";
import { toInstant } from "./instant.ts";
import { interpretFetch } from "./interpret-fetch.ts";
import { parseHostname } from "./server-name.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21));
const URL = "https://example.org/.well-known/matrix/support";
const GOOD_HEADERS: HopHeaders = { ...NO_HEADERS, contentType: "application/json", accessControlAllowOrigin: "*" };
const VALIDATOR: Validator = { url: URL, etag: '"1"', lastModified: null, outcome: "absent", receivedAt: NOW };
const DOCUMENT = '{"contacts":[{"role":"m.role.admin","email_address":"admin@example.org"}]}';

function reportOf(end: FetchReport["end"], headers: HopHeaders = GOOD_HEADERS): FetchReport {
  const hostname = parseHostname("example.org");
  if (!hostname.ok) throw new Error(hostname.error.message);
  const status = end.kind === "response" ? end.status : null;
  return {
    hostname: hostname.value,
    fetchedAt: NOW,
    hops: [{ url: URL, status, address: "192.0.2.1", headers }],
    tls: null,
    timing: { totalMs: 1, dnsMs: null, connectMs: null, firstByteMs: null },
    conditional: false,
    directoryRecord: null,
    end,
  };
}

function answered(status: number, body: string | null, headers: Partial<HopHeaders> = {}): FetchReport {
  const all = { ...GOOD_HEADERS, ...headers };
  const bytes = body === null ? null : new TextEncoder().encode(body);
  return reportOf({ kind: "response", status, headers: all, body: bytes }, all);
}

function meaning(report: FetchReport, validator: Validator | null = null): string {
  const { outcome } = interpretFetch(report, validator);
  if (outcome.kind === "unchanged") return `unchanged ${outcome.confirms}`;
  return "reason" in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind;
}

describe("the table of outcomes", () => {
  test.each<[number, string | null, string]>([
    [200, DOCUMENT, "document"],
    [200, "{}", "absent"],
    [200, '{"contacts": []}', "absent"],
    [200, '{"policies": {}}', "absent"],
    [200, '{"errcode": "M_NOT_FOUND"}', "absent"],
    [200, '{"contacts": [{"role": "m.role.admin"}]}', "unusable nothing-usable"],
    [200, "<!doctype html><title>Not here</title>", "unusable html"],
    [200, "", "unusable empty-body"],
    [200, "[]", "unusable not-object"],
    [200, "not here", "unusable not-json"],
    [200, "[".repeat(5_000), "unusable too-deep"],
    [200, null, "unusable unknown-coding"],
    [204, "", "unusable unexpected-status"],
    [206, DOCUMENT, "unusable unexpected-status"],
    [301, "", "unusable redirect-without-location"],
    [304, "", "unusable unasked-not-modified"],
    [400, "", "unusable unexpected-status"],
    [401, "", "unreachable access-denied"],
    [403, "", "unreachable access-denied"],
    [404, "<html>", "absent"],
    [407, "", "unreachable access-denied"],
    [410, "", "absent"],
    [418, DOCUMENT, "unusable unexpected-status"],
    [421, "", "unreachable misdirected"],
    [429, "", "unreachable rate-limited"],
    [451, "", "unreachable access-denied"],
    [500, "", "unreachable server-error"],
    [599, "", "unreachable server-error"],
    [600, "", "unusable unexpected-status"],
  ])("%i %j is %s", (status, body, expected) => {
    expect(meaning(answered(status, body))).toBe(expected);
  });

  test("bytes that are no UTF-8 are no document", () => {
    const body = Uint8Array.from([0x7b, 0xff, 0x7d]);
    expect(meaning(reportOf({ kind: "response", status: 200, headers: GOOD_HEADERS, body }))).toBe("unusable not-utf8");
  });

  test.each([...FETCH_FAILURES])("%s is unreachable", (reason) => {
    expect(meaning(reportOf({ kind: "failed", reason, detail: "" }))).toBe(`unreachable ${reason}`);
  });

  test.each([...FETCH_REFUSALS])("%s is refused", (reason) => {
    expect(meaning(reportOf({ kind: "declined", reason, detail: "" }))).toBe(`refused ${reason}`);
  });

  test("a 304 confirms what its validator came with, and only where it was asked for", () => {
    const notModified = { ...answered(304, ""), conditional: true };
    expect(meaning(notModified, VALIDATOR)).toBe("unchanged absent");
    expect(meaning({ ...notModified, conditional: false }, VALIDATOR)).toBe("unusable unasked-not-modified");
    expect(meaning(notModified, null)).toBe("unusable unasked-not-modified");
  });

  test("every status has an outcome, and only 200 can bring a document", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.constantFrom(DOCUMENT, "{}", "", null), (status, body) => {
        const { outcome } = interpretFetch(answered(status, body), null);
        if (outcome.kind === "document") expect(status).toBe(200);
      }),
    );
  });
});

describe("what comes with the outcome", () => {
  test("the validator belongs to the final URL and the outcome", () => {
    const { outcome } = interpretFetch(answered(404, "", { etag: '"gone"' }), null);
    expect(outcome).toMatchObject({ kind: "absent", validator: { url: URL, etag: '"gone"', outcome: "absent" } });
  });

  test("no validator was sent, none is kept", () => {
    expect(interpretFetch(answered(200, DOCUMENT), null).outcome).toMatchObject({ validator: null });
  });

  test("remarks on the delivery join those on the document", () => {
    const { outcome } = interpretFetch(answered(200, DOCUMENT, { accessControlAllowOrigin: null }), null);
    const plain = interpretFetch(answered(200, DOCUMENT), null).outcome;
    if (outcome.kind !== "document" || plain.kind !== "document") throw new Error("no document");
    expect(outcome.findings.length).toBe(plain.findings.length + 1);
    expect(outcome.verdict).toBe("valid");
  });

  test("caching and retry headers reach the schedule", () => {
    expect(interpretFetch(answered(200, DOCUMENT, { cacheControl: "max-age=60" }), null).freshForMs).toBe(60_000);
    expect(interpretFetch(answered(503, "", { retryAfter: "30" }), null).retryAfterMs).toBe(30_000);
  });
});

describe("an operator's wish to be left alone", () => {
  const wish = '"io.switchboard.directory": {"listed": false}';
  const optOutOf = (report: FetchReport) => interpretFetch(report, null).optOut;

  test("is in the document, whatever else is in it", () => {
    for (const rest of ["", `, ${DOCUMENT.slice(1, -1)}`, ', "contacts": [{}]', ', "contacts": []']) {
      expect(optOutOf(answered(200, `{${wish}${rest}}`))).toBe("document");
    }
    expect(optOutOf(answered(200, `{${wish}, // JSON5\n}`))).toBe("document");
    expect(optOutOf(answered(200, DOCUMENT))).toBeNull();
    expect(optOutOf(answered(200, `[{${wish}}]`))).toBeNull();
    for (const status of [203, 404, 500]) expect(optOutOf(answered(status, `{${wish}}`))).toBeNull();
  });

  test("is in DNS, where the probe ended before a connection", () => {
    const report = reportOf({ kind: "declined", reason: "opted-out", detail: "TXT" });
    expect(interpretFetch(report, null)).toMatchObject({ optOut: "dns", outcome: { kind: "refused" } });
    expect(optOutOf(reportOf({ kind: "declined", reason: "forbidden-address", detail: "" }))).toBeNull();
    expect(optOutOf(reportOf({ kind: "failed", reason: "timeout", detail: "" }))).toBeNull();
  });

  test("that DNS words wrongly is remarked on with every full answer", () => {
    const directoryRecord = { kind: "malformed", text: "v=switchboard1; directory=off" } as const;
    for (const report of [answered(200, DOCUMENT), answered(200, "{}"), answered(200, "<html>"), answered(404, "")]) {
      const { outcome, optOut } = interpretFetch({ ...report, directoryRecord }, null);
      expect(optOut).toBeNull();
      expect("findings" in outcome && outcome.findings).toContainEqual(
        expect.objectContaining({
          code: "directory-record-malformed",
          message: expect.stringContaining("directory=off"),
        }),
      );
    }
  });
});
