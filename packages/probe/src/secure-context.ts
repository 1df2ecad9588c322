import { X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * X25519 first: OpenSSL 3.5 would else make a post-quantum key share for every connection, a sixth of a handshake's
 * cost. The rest of the list keeps servers reachable that offer one of these curves only.
 */
const KEY_EXCHANGE_GROUPS = "X25519:P-256:P-384:P-521:X448:X25519MLKEM768";

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Builds the TLS context that all probes share, since building one costs more than a handshake. It trusts Node's
 * bundled roots, the system's and those in `extraCa` (PEM text, any number of certificates), TLS 1.2 and later.
 * Throws TypeError where `extraCa` holds no certificate, or one that cannot be read.
 */
export function createTrustedContext(extraCa: string | null): SecureContext {
  const ca = new Set([...getCACertificates("default"), ...getCACertificates("system"), ...parseCertificates(extraCa)]);
  return createSecureContext({ ca: [...ca], ecdhCurve: KEY_EXCHANGE_GROUPS, minVersion: "TLSv1.2" });
}

function parseCertificates(pem: string | null): string[] {
  if (pem === null) return [];
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new TypeError("the extra CA holds no PEM certificate");
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new TypeError("the extra CA holds a certificate that cannot be read", { cause });
    }
  }
  return certificates;
}
