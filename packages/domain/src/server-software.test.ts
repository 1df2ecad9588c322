import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import { interpretVersion, parseServerSoftware } from "./server-software.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("parseServerSoftware", () => {
  test.each<[unknown, string, string | null]>([
    [{ server: { name: "Synapse", version: "1.149.0" } }, "Synapse", "1.149.0"],
    [{ server: { name: "Synapse", version: "1.98.0 (b=hotfixes,1a2b3c)" } }, "Synapse", "1.98.0 (b=hotfixes,1a2b3c)"],
    [{ server: { name: " conduit ", version: "" } }, "conduit", null],
    [{ server: { name: "Dendrite", version: 15 } }, "Dendrite", null],
    [{ server: { name: "Dendrite" }, more: {} }, "Dendrite", null],
    [{ server: { name: "a\nb", version: "\u202e1" } }, "a\\u{a}b", "\\u{202e}1"],
    [{ server: { name: "x".repeat(101), version: "\0" } }, `${"x".repeat(100)}…`, "\\u{0}"],
  ])("reads %j", (value, name, version) => {
    expect(parseServerSoftware(encode(value))).toEqual({ ok: true, value: { name, version } });
  });

  test.each<[unknown, string]>([
    [[], "not-object"],
    [{}, "no-software"],
    [{ server: null }, "no-software"],
    [{ server: "Synapse 1.149.0" }, "no-software"],
    [{ server: [{ name: "Synapse" }] }, "no-software"],
    [{ server: { version: "1.149.0" } }, "no-software"],
    [{ server: { name: " \n " } }, "no-software"],
    [{ server: { name: { toString: "Synapse" } } }, "no-software"],
    [{ errcode: "M_UNRECOGNIZED", error: "Unrecognized request" }, "no-software"],
  ])("refuses %j as %s", (value, reason) => {
    expect(parseServerSoftware(encode(value))).toMatchObject({ ok: false, error: { reason } });
  });

  test("whatever is served, texts are short, on one line and printable", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), fc.jsonValue());
    fc.assert(
      fc.property(text, text, (name, version) => {
        const parsed = parseServerSoftware(encode({ server: { name, version } }));
        if (!parsed.ok) return;
        for (const shown of [parsed.value.name, parsed.value.version ?? "none"]) {
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          // An invisible character becomes ten at most.
          expect([...shown].length).toBeLessThanOrEqual(1_001);
        }
      }),
    );
  });
});

describe("interpretVersion", () => {
  test("reads only a 200, and gives the reason else", () => {
    const body = encode({ server: { name: "Synapse", version: "1.149.0" } });
    const software = { name: "Synapse", version: "1.149.0" };
    expect(interpretVersion({ kind: "response", status: 200, headers: NO_HEADERS, body })).toEqual({
      kind: "read",
      software,
    });
    expect(interpretVersion({ kind: "response", status: 401, headers: NO_HEADERS, body })).toEqual({
      kind: "failed",
      reason: "unexpected-status",
      detail: "HTTP status 401",
    });
    expect(interpretVersion({ kind: "response", status: 200, headers: NO_HEADERS, body: null })).toMatchObject({
      reason: "unknown-coding",
    });
    expect(interpretVersion({ kind: "failed", reason: "timeout", detail: "too late" })).toEqual({
      kind: "failed",
      reason: "timeout",
      detail: "too late",
    });
  });
});
