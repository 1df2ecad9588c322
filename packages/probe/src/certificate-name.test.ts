// @peculiar/x509 resolves its parts through decorators' metadata, which must be there before it is loaded.
import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import { type JsonGeneralName, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { expect, test } from "vitest";
import { checkCertificateName } from "./certificate-name.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

async function certificateOf(commonName: string | null, names: readonly JsonGeneralName[]): Promise<X509Certificate> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: commonName === null ? "O=Nobody" : `CN=${commonName}`,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...names])],
  });
  return new X509Certificate(certificate.toString("pem"));
}

const dns = (value: string): JsonGeneralName => ({ type: "dns", value });

const CERTIFICATES = {
  exact: await certificateOf("other.test", [dns("exact.fed.test")]),
  wildcard: await certificateOf(null, [dns("*.fed.test")]),
  partial: await certificateOf(null, [dns("ma*.fed.test")]),
  many: await certificateOf(null, [dns("one.test"), dns("exact.fed.test"), { type: "ip", value: "127.0.0.1" }]),
  nameOnly: await certificateOf("exact.fed.test", []),
  nameBesideMail: await certificateOf("exact.fed.test", [{ type: "email", value: "DNS:a@example.org" }]),
  address: await certificateOf("exact.fed.test", [
    { type: "ip", value: "127.0.0.1" },
    { type: "ip", value: "2001:db8::1" },
  ]),
  addressAsName: await certificateOf(null, [dns("127.0.0.1")]),
  link: await certificateOf("exact.fed.test", [{ type: "url", value: "https://example.org/, DNS:exact.fed.test" }]),
  nothing: await certificateOf(null, []),
};

test.each([
  ["exact.fed.test", "exact", true],
  ["EXACT.fed.test", "exact", true],
  ["exact.fed.test.", "exact", true],
  [".fed.test", "exact", false],
  ["other.test", "exact", false],
  ["a_b.fed.test", "wildcard", true],
  ["deep.er.fed.test", "wildcard", false],
  ["fed.test", "wildcard", false],
  ["matrix.fed.test", "partial", true],
  ["exact.fed.test\0.example.org", "exact", false],
  ["exact.fed.test", "many", true],
  ["127.0.0.1", "many", true],
  ["exact.fed.test", "nameOnly", true],
  ["exact.fed.test", "nameBesideMail", true],
  ["127.0.0.1", "address", true],
  ["2001:db8:0::1", "address", true],
  ["127.0.0.2", "address", false],
  ["127.0.0.1", "addressAsName", false],
  ["127.0.0.1", "exact", false],
  ["exact.fed.test", "nothing", false],
] as const)("%j against the certificate %s: accepted %s", (name, kind, accepted) => {
  expect(checkCertificateName(name, CERTIFICATES[kind]) === undefined).toBe(accepted);
});

test("every name against every certificate: what Node says of a copy of the whole certificate", () => {
  const names = [
    "exact.fed.test",
    "exact.fed.test.",
    ".fed.test",
    "a_b.fed.test",
    "x.fed.test",
    "fed.test",
    "one.test",
  ];
  const addresses = ["127.0.0.1", "::1", "2001:db8::1", "2001:0db8::0001"];
  for (const certificate of Object.values(CERTIFICATES)) {
    for (const name of [...names, ...addresses, "", "*", "*.fed.test", "bücher.test", "127.0.0.1."]) {
      const whole = checkServerIdentity(name, certificate.toLegacyObject());
      expect(checkCertificateName(name, certificate)?.message).toBe(whole?.message);
    }
  }
});

test("no certificate is for nobody", () => {
  expect(checkCertificateName("exact.fed.test", undefined)).toBeInstanceOf(Error);
});
