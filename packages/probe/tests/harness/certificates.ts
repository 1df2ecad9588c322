// @peculiar/x509 resolves its parts through decorators' metadata, which must be there before it is loaded.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key, as `tls.createServer` takes them. */
export type Credential = { readonly cert: string; readonly key: string };

type LeafOptions = {
  readonly names: readonly string[];
  readonly addresses?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
};

export type Authority = {
  readonly caPem: string;
  readonly issue: (leaf: LeafOptions) => Promise<Credential>;
  readonly selfSign: (leaf: LeafOptions) => Promise<Credential>;
};

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate authority of its own, called `commonName`. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const [rootKeys, leafKeys] = await Promise.all([createKeys(), createKeys()]);
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `O=Probe Tests, CN=${commonName}`,
    ...validity({}),
    signingAlgorithm: ALGORITHM,
    keys: rootKeys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey), "PRIVATE KEY");
  let serial = 1;

  function shapeOf(leaf: LeafOptions) {
    serial += 1;
    return {
      serialNumber: serial.toString(16).padStart(4, "0"),
      ...validity(leaf),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new SubjectAlternativeNameExtension([
          ...leaf.names.map((value) => ({ type: "dns" as const, value })),
          ...(leaf.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
        ]),
      ],
    };
  }

  return {
    caPem: root.toString("pem"),
    async issue(leaf) {
      const certificate = await X509CertificateGenerator.create({
        ...shapeOf(leaf),
        subject: "CN=Leaf",
        issuer: root.subject,
        publicKey: leafKeys.publicKey,
        signingKey: rootKeys.privateKey,
      });
      return { cert: certificate.toString("pem"), key };
    },
    async selfSign(leaf) {
      const certificate = await X509CertificateGenerator.createSelfSigned({
        ...shapeOf(leaf),
        name: "CN=Self",
        keys: leafKeys,
      });
      return { cert: certificate.toString("pem"), key };
    },
  };
}

function validity({ notBefore = "2001-01-01", notAfter = "2099-12-31" }: Partial<LeafOptions>) {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}
