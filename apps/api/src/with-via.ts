import type { ServerName } from "@switchboard/domain";

/** What was pasted, with servers that were named beside it: a link's own way to say who takes part in a room. */
export function withVia(given: string, via: readonly ServerName[]): string {
  if (via.length === 0) return given;
  const query = via.map((name) => `via=${encodeURIComponent(name)}`).join("&");
  return `${given.trim()}${given.includes("?") ? "&" : "?"}${query}`;
}
