import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { MAX_BODY_BYTES } from "@switchboard/domain";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBody } from "./body-coding.ts";

const CODERS: [string, (body: Uint8Array) => Uint8Array][] = [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
];

describe("decodeBody", () => {
  test.each(CODERS)("undoes %s", (coding, encode) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), (body) => {
        const decoded = decodeBody(encode(body), ` ${coding.toUpperCase()} `);
        expect(decoded.ok && decoded.value !== null && Buffer.from(decoded.value).equals(body)).toBe(true);
      }),
    );
  });

  test.each(CODERS)("stops at the bound, not above it, with %s", (coding, encode) => {
    const within = decodeBody(encode(new Uint8Array(MAX_BODY_BYTES)), coding);
    expect(within.ok && within.value?.length).toBe(MAX_BODY_BYTES);
    const above = decodeBody(encode(new Uint8Array(MAX_BODY_BYTES + 1)), coding);
    expect(above).toMatchObject({ ok: false, error: { reason: "body-too-large" } });
  });

  test("does not inflate a bomb", () => {
    const bomb = gzipSync(new Uint8Array(50 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
    expect(decodeBody(bomb, "gzip")).toMatchObject({ ok: false, error: { reason: "body-too-large" } });
  });

  test.each(["gzip", "deflate", "br"])("says so where a body is no %s", (coding) => {
    const body = new TextEncoder().encode('{"contacts": []}');
    expect(decodeBody(body, coding)).toMatchObject({ ok: false, error: { reason: "protocol-error" } });
  });

  test("says so where a compressed body is cut short", () => {
    const body = gzipSync(Buffer.from("x".repeat(1000)));
    expect(decodeBody(body.subarray(0, -4), "gzip")).toMatchObject({ ok: false, error: { reason: "protocol-error" } });
  });

  test.each([null, "", "identity", "Identity, identity"])("takes a body as it is where the coding is %j", (coding) => {
    const body = Uint8Array.of(1, 2, 3);
    expect(decodeBody(body, coding)).toEqual({ ok: true, value: body });
  });

  test.each(["zstd", "compress", "gzip, br", "gzip, gzip", "*", "gzip;q=1"])("gives nothing for %s", (coding) => {
    expect(decodeBody(Uint8Array.of(1, 2, 3), coding)).toEqual({ ok: true, value: null });
  });

  test("takes an empty body as empty, whatever the coding", () => {
    expect(decodeBody(new Uint8Array(0), "gzip")).toEqual({ ok: true, value: new Uint8Array(0) });
  });
});
