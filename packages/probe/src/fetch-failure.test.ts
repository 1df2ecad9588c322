import { X509Certificate } from "node:crypto";
import { toInstant } from "@switchboard/domain";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../tests/harness/certificates.ts";
import { certificateFailure, failureOf } from "./fetch-failure.ts";

function errorOf(code: string, message = "said so"): Error {
  return Object.assign(new Error(message), { code });
}

describe("failureOf", () => {
  test.each([
    ["ECONNREFUSED", "connect-refused"],
    ["EHOSTUNREACH", "connect-unreachable"],
    ["ETIMEDOUT", "connect-timeout"],
    ["EPIPE", "connection-reset"],
    ["UND_ERR_SOCKET", "connection-reset"],
    ["UND_ERR_HEADERS_OVERFLOW", "headers-too-large"],
    ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "tls-failure"],
    ["ERR_TLS_DH_PARAM_SIZE", "tls-failure"],
    ["EPROTO", "tls-failure"],
  ])("reads %s as %s", (code, reason) => {
    expect(failureOf(errorOf(code))).toEqual({ kind: "failed", reason, detail: expect.stringContaining("said so") });
  });

  test.each(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "UND_ERR_INVALID_ARG", "ERR_INVALID_ARG_TYPE"])(
    "throws %s again: it is ours, not the server's",
    (code) => {
      const error = errorOf(code);
      expect(() => failureOf(error)).toThrow(error);
    },
  );

  test("throws again what is no error of a socket", () => {
    for (const bug of [new TypeError("undefined is not a function"), "text", null, undefined]) {
      let thrown: unknown = "nothing";
      try {
        failureOf(bug);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(bug);
    }
  });

  test("keeps details short", () => {
    expect(failureOf(errorOf("ECONNREFUSED", "x".repeat(5_000))).detail).toHaveLength(300);
  });
});

describe("certificateFailure", () => {
  let certificate: X509Certificate;
  beforeAll(async () => {
    const authority = await createAuthority("Root");
    const { cert } = await authority.issue({ names: ["a.test"], notBefore: "2026-01-01", notAfter: "2026-04-01" });
    certificate = new X509Certificate(cert);
  });

  function refuse(code: string, day: string) {
    return certificateFailure({
      error: errorOf(code),
      certificate,
      hostname: "b.test",
      now: toInstant(Date.parse(day)),
    });
  }

  test.each([
    ["CERT_HAS_EXPIRED", "2026-05-01", "tls-expired", "certificate expired on 2026-04-01"],
    [
      "CERT_HAS_EXPIRED",
      "2026-03-01",
      "tls-expired",
      "a certificate above the server's own, which is valid to 2026-04-01, has expired",
    ],
    ["CERT_NOT_YET_VALID", "2025-12-01", "tls-failure", "certificate is not valid before 2026-01-01"],
    [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "2026-03-01",
      "tls-self-signed",
      "certificate is signed by itself, valid to 2026-04-01",
    ],
    [
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "2026-03-01",
      "tls-wrong-name",
      "certificate is not for b.test but for DNS:a.test",
    ],
    ["CERT_REVOKED", "2026-03-01", "tls-untrusted", "certificate not trusted: said so"],
    ["UNSPECIFIED", "2026-03-01", "tls-untrusted", "certificate not trusted: said so"],
  ])("names the fact behind %s on %s", (code, day, reason, detail) => {
    expect(refuse(code, day)).toEqual({ kind: "failed", reason, detail });
  });
});
