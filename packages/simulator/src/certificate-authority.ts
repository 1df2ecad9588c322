// @peculiar/x509 resolves its parts through decorators' metadata, which must be there before it is loaded.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { CertificateKind } from "./plan.ts";

/** A certificate chain and its key, as `tls.createSecureContext` takes them. */
export type Credential = { readonly cert: string; readonly key: string };

export type SubjectName = { readonly type: Extract<GeneralNameType, "dns" | "ip">; readonly value: string };

export type CertificateAuthority = {
  /** The root certificate, to be trusted by whoever probes the federation. */
  readonly caPem: string;
  /** Issues a credential for these names; a faulty kind is faulty in that one respect. */
  readonly issue: (kind: CertificateKind, names: readonly SubjectName[]) => Promise<Credential>;
};

type Issuer = { readonly certificate: X509Certificate; readonly keys: webcrypto.CryptoKeyPair };

const EC_P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

type Validity = { readonly notBefore: Date; readonly notAfter: Date };

/** Wide enough for any machine's clock, so that nothing here reads one. */
const ALWAYS: Validity = { notBefore: new Date("2000-01-01T00:00:00Z"), notAfter: new Date("2099-12-31T00:00:00Z") };
const LONG_PAST: Validity = { notBefore: new Date("2000-01-01T00:00:00Z"), notAfter: new Date("2001-01-01T00:00:00Z") };
const FAR_FUTURE: Validity = {
  notBefore: new Date("2098-01-01T00:00:00Z"),
  notAfter: new Date("2099-12-31T00:00:00Z"),
};

const LEAF_USAGES: readonly Extension[] = [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
];

const CA_USAGES: readonly Extension[] = [
  new BasicConstraintsExtension(true, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
];

/**
 * Makes a certificate authority with keys of its own. All leaves share one EC P-256 key: what is simulated is names and
 * trust, and a signature is all that another name may cost.
 */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const serials = serialNumbers();
  const [trusted, stranger, leafKeys] = await Promise.all([
    createRoot("Simulated Federation Root", serials),
    createRoot("Root That Nobody Trusts", serials),
    createKeys(),
  ]);
  const intermediate = await createIntermediate(trusted, serials);
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey), "PRIVATE KEY");

  async function issue(kind: CertificateKind, names: readonly SubjectName[]): Promise<Credential> {
    const issuer = kind === "untrusted-root" ? stranger : kind === "missing-intermediate" ? intermediate : trusted;
    const shape = {
      serialNumber: serials(),
      subject: `CN=${kind === "valid" ? "Simulated Server" : `Simulated Server (${kind})`}`,
      ...(kind === "expired" ? LONG_PAST : kind === "not-yet-valid" ? FAR_FUTURE : ALWAYS),
      signingAlgorithm: EC_P256,
      extensions: [...LEAF_USAGES, new SubjectAlternativeNameExtension([...names])],
    };
    const certificate =
      kind === "self-signed"
        ? await X509CertificateGenerator.createSelfSigned({ ...shape, name: shape.subject, keys: leafKeys })
        : await X509CertificateGenerator.create({
            ...shape,
            issuer: issuer.certificate.subject,
            publicKey: leafKeys.publicKey,
            signingKey: issuer.keys.privateKey,
          });
    return { cert: certificate.toString("pem"), key };
  }

  return { caPem: `${trusted.certificate.toString("pem")}\n`, issue };
}

/** Serial numbers that are unique within one authority (RFC 5280 §4.1.2.2). */
function serialNumbers(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `01${last.toString(16).padStart(14, "0")}`;
  };
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(EC_P256, true, ["sign", "verify"]);
}

async function createRoot(name: string, serials: () => string): Promise<Issuer> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serials(),
    name: `CN=${name}`,
    ...ALWAYS,
    signingAlgorithm: EC_P256,
    keys,
    extensions: [...CA_USAGES],
  });
  return { certificate, keys };
}

async function createIntermediate(root: Issuer, serials: () => string): Promise<Issuer> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serials(),
    subject: "CN=Simulated Federation Intermediate",
    issuer: root.certificate.subject,
    ...ALWAYS,
    signingAlgorithm: EC_P256,
    publicKey: keys.publicKey,
    signingKey: root.keys.privateKey,
    extensions: [...CA_USAGES],
  });
  return { certificate, keys };
}
