/**
 * The one global of browsers and Node beyond the language that the domain uses (Encoding Standard §5.1). Declared here,
 * because the types of either host would let in clocks and network as well.
 */
declare class TextDecoder {
  constructor(label: "utf-8", options: { readonly fatal: true; readonly ignoreBOM: true });
  /** Throws TypeError where the bytes are not UTF-8. */
  decode(bytes: Uint8Array): string;
}
