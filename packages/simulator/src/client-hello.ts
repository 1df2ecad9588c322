/** What can be said of the first bytes of a connection. */
export type ClientHello =
  | { readonly kind: "incomplete" }
  | { readonly kind: "not-tls" }
  /** `hostname` is null where the client names no host. */
  | { readonly kind: "hello"; readonly hostname: string | null };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
const RECORD_HEADER_BYTES = 5;

/**
 * Reads the host that a TLS client asks for (RFC 8446 §4.1.2, RFC 6066 §3), before any handshake: some simulated servers
 * misbehave earlier than a TLS library would let them. A hello in several records is taken to name no host.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  if (bytes.length < RECORD_HEADER_BYTES) return { kind: "incomplete" };
  if (bytes[0] !== HANDSHAKE_RECORD) return { kind: "not-tls" };
  const end = RECORD_HEADER_BYTES + bytes.readUInt16BE(3);
  if (bytes.length < end) return { kind: "incomplete" };
  try {
    return { kind: "hello", hostname: readHostname(bytes.subarray(RECORD_HEADER_BYTES, end)) };
  } catch (error) {
    if (error instanceof RangeError) return { kind: "hello", hostname: null };
    throw error;
  }
}

/** Throws RangeError where the message ends before it should. */
function readHostname(message: Buffer): string | null {
  if (message[0] !== CLIENT_HELLO) return null;
  // Type and length (4), version (2), random (32), then three fields that each begin with their length.
  let at = 4 + 2 + 32;
  at += 1 + message.readUInt8(at);
  at += 2 + message.readUInt16BE(at);
  at += 1 + message.readUInt8(at);
  const end = at + 2 + message.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    at += 4;
    // The list's length (2), the kind of the first name (1), its length (2), the name.
    if (type === SERVER_NAME_EXTENSION && message.readUInt8(at + 2) === HOST_NAME) {
      return message.toString("latin1", at + 5, at + 5 + message.readUInt16BE(at + 3)).toLowerCase();
    }
    at += length;
  }
  return null;
}
