import { parseServerName, type ServerName } from "@switchboard/domain";

/** The domain that all simulated names are below. */
export const SUFFIX = "fed.test";

/** Which simulated servers: those that answer, or those whose address never accepts a connection. */
export type NameKind = "healthy" | "dead";

/** So many names of a kind, from the `from`th on. The same ones each time. */
export function benchNames(kind: NameKind, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `${kind}-${from + n}.${SUFFIX}`);
}

/** Names as the store takes them. Throws where one is no server name. */
export function toServerNames(names: readonly string[]): ServerName[] {
  return names.map((name) => {
    const parsed = parseServerName(name);
    if (!parsed.ok) throw new Error(`${name}: ${parsed.error.message}`);
    return parsed.value;
  });
}
