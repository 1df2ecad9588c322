import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import type { FetchReport, HopHeaders } from "./fetch-report.ts";
import { DAY_MS, HOUR_MS, toInstant } from "./instant.ts";
import { parseServerName, type ServerName } from "./server-name.ts";
import {
  interpretWellKnown,
  parseWellKnownServer,
  type WellKnownAnswer,
  wellKnownFreshForMs,
} from "./well-known-server.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21, 7, 0, 0));

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function named(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const DELEGATED: WellKnownAnswer = { kind: "delegated", serverName: named("matrix.example.org:443") };
const BROKEN: WellKnownAnswer = { kind: "none", reason: "not-json", detail: "" };

describe("parseWellKnownServer", () => {
  test.each(["matrix.example.org", "Matrix.Example.org:443", "192.0.2.1:8448", "[2001:db8::1]", "xn--bcher-kva.test"])(
    "reads %s as it is given, whatever else is said",
    (name) => {
      expect(parseWellKnownServer(encode({ "m.server": name, "org.example.more": [1] }))).toEqual({
        ok: true,
        value: name,
      });
    },
  );

  test.each<[unknown, string]>([
    [[], "not-object"],
    [{}, "no-server"],
    [{ "m.homeserver": { base_url: "https://example.org" } }, "no-server"],
    [{ "m.server": null }, "bad-server"],
    [{ "m.server": ["example.org"] }, "bad-server"],
    [{ "m.server": "" }, "bad-server"],
    [{ "m.server": " example.org" }, "bad-server"],
    [{ "m.server": "https://example.org" }, "bad-server"],
    [{ "m.server": "example.org/path" }, "bad-server"],
    [{ "m.server": "example.org:" }, "bad-server"],
    [{ "m.server": "example.org:0" }, "bad-server"],
    [{ "m.server": "example.org:65536" }, "bad-server"],
    [{ "m.server": "user@example.org" }, "bad-server"],
    [{ "m.server": "example.org\r\nx: y" }, "bad-server"],
    [{ "m.server": "256.0.0.1" }, "bad-server"],
    [{ "m.server": "2001:db8::1" }, "bad-server"],
  ])("refuses %j as %s, with a detail of bounded length on one line", (value, reason) => {
    const parsed = parseWellKnownServer(encode(value));
    expect(parsed).toMatchObject({ ok: false, error: { reason } });
    expect(!parsed.ok && parsed.error.detail).toMatch(/^.{10,400}$/);
  });

  test("does not take the object's prototype for a member", () => {
    const bytes = new TextEncoder().encode('{"__proto__": {"m.server": "evil.example.org"}}');
    expect(parseWellKnownServer(bytes)).toMatchObject({ ok: false, error: { reason: "no-server" } });
  });

  test("whatever is served, answers a server name or a reason", () => {
    const served = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.record({ "m.server": fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()) }).map(encode),
    );
    fc.assert(
      fc.property(served, (bytes) => {
        const parsed = parseWellKnownServer(bytes);
        if (parsed.ok) expect(parseServerName(parsed.value).ok).toBe(true);
        else expect(parsed.error.detail.length).toBeLessThan(500);
      }),
    );
  });
});

describe("interpretWellKnown", () => {
  const response = (status: number, body: Uint8Array | null): FetchReport["end"] => ({
    kind: "response",
    status,
    headers: NO_HEADERS,
    body,
  });
  const document = encode({ "m.server": "matrix.example.org:443" });

  test.each<[string, FetchReport["end"], object]>([
    ["a delegation", response(200, document), DELEGATED],
    ["another 2xx with a delegation", response(203, document), { kind: "none", reason: "unexpected-status" }],
    ["404", response(404, new Uint8Array()), { kind: "none", reason: "unexpected-status", detail: "HTTP status 404" }],
    ["a redirect to nowhere", response(302, new Uint8Array()), { kind: "none", reason: "unexpected-status" }],
    ["an unknown coding", response(200, null), { kind: "none", reason: "unknown-coding" }],
    ["no document", response(200, encode([])), { kind: "none", reason: "not-object" }],
    [
      "a failure",
      { kind: "failed", reason: "connect-refused", detail: "it said no" },
      { kind: "none", reason: "connect-refused", detail: "it said no" },
    ],
    [
      "a refusal of ours",
      { kind: "declined", reason: "redirect-to-http", detail: "to http" },
      { kind: "none", reason: "redirect-to-http", detail: "to http" },
    ],
  ])("reads %s", (_, end, expected) => {
    expect(interpretWellKnown(end)).toMatchObject(expected);
  });
});

describe("wellKnownFreshForMs", () => {
  test.each<[string, WellKnownAnswer, Partial<HopHeaders> | null, number]>([
    ["a day where nothing is said", DELEGATED, {}, DAY_MS],
    ["as long as the server says", DELEGATED, { cacheControl: "max-age=600" }, 600_000],
    ["less what a cache on the way took", DELEGATED, { cacheControl: "max-age=600", age: "60" }, 540_000],
    ["until Expires", DELEGATED, { expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, HOUR_MS],
    ["two days at most", DELEGATED, { cacheControl: "max-age=31536000" }, 2 * DAY_MS],
    ["five minutes where the server wants less", DELEGATED, { cacheControl: "no-store" }, 300_000],
    ["an hour for an error", BROKEN, {}, HOUR_MS],
    ["an hour for an error at most", BROKEN, { cacheControl: "max-age=86400" }, HOUR_MS],
    ["less for an error where the server says so", BROKEN, { cacheControl: "max-age=600" }, 600_000],
    ["five minutes for an error at least", BROKEN, { cacheControl: "max-age=60" }, 300_000],
    ["an hour where no response came", BROKEN, null, HOUR_MS],
  ])("%s", (_, answer, headers, expected) => {
    expect(wellKnownFreshForMs(answer, headers === null ? null : { ...NO_HEADERS, ...headers }, NOW)).toBe(expected);
  });

  test("is never under its floor, never over its bound, whatever the headers", () => {
    const header = fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.nat().map(String),
      fc.nat().map((n) => `max-age=${n}`),
    );
    const headers = fc.record({ cacheControl: header, expires: header, age: header, date: header });
    fc.assert(
      fc.property(headers, fc.constantFrom(DELEGATED, BROKEN), (given, answer) => {
        const freshForMs = wellKnownFreshForMs(answer, { ...NO_HEADERS, ...given }, NOW);
        expect(freshForMs).toBeGreaterThanOrEqual(300_000);
        expect(freshForMs).toBeLessThanOrEqual(answer.kind === "delegated" ? 2 * DAY_MS : HOUR_MS);
      }),
    );
  });
});
