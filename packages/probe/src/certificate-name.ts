import type { X509Certificate } from "node:crypto";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/**
 * Whether a certificate is for this name (RFC 9110 §4.3.4): undefined where it is, else what refuses it. A connection
 * without a certificate is for nobody.
 *
 * It is Node's own check, given just what that reads: the alternative names and, where none of them is a DNS name, the
 * subject's. Left to itself Node makes objects of the whole chain for it, which is a tenth of what a probe costs.
 */
export function checkCertificateName(name: string, certificate: X509Certificate | undefined): Error | undefined {
  if (certificate === undefined) return new Error("there is no certificate");
  const { subjectAltName } = certificate;
  const readByCheck: Pick<PeerCertificate, "subject" | "subjectaltname"> = {
    ...(subjectAltName === undefined ? {} : { subjectaltname: subjectAltName }),
    subject: {
      get CN() {
        return certificate.toLegacyObject().subject.CN;
      },
    } as PeerCertificate["subject"],
  };
  return checkServerIdentity(name, readByCheck as PeerCertificate);
}
