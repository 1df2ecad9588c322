import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type Instant, type TlsFacts, toInstant } from "@switchboard/domain";

/** What a handshake showed: the version spoken, who issued the server's certificate and when it expires. */
export function readTlsFacts(socket: TLSSocket, certificate: X509Certificate | undefined): TlsFacts {
  return {
    protocol: socket.getProtocol(),
    issuer: certificate === undefined ? null : issuerOf(certificate),
    validTo: certificate === undefined ? null : momentOf(certificate.validToDate),
  };
}

/** The moment a certificate gives, null where what it gives is no date: certificates are what servers make them. */
export function momentOf(date: Date): Instant | null {
  const epochMs = date.getTime();
  return Number.isNaN(epochMs) ? null : toInstant(epochMs);
}

/** Node writes one attribute a line, from the country down; the name that people know comes first here. */
function issuerOf(certificate: X509Certificate): string | null {
  const lines: string | undefined = certificate.issuer;
  return lines === undefined || lines === "" ? null : lines.split("\n").reverse().join(", ");
}
