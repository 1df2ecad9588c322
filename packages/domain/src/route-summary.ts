import type { ContactRoute, ServerRoute } from "./contact-route.ts";
import type { Relation } from "./entity.ts";
import { toPrintable } from "./printable-text.ts";

const MAX_SUMMARY_CHARACTERS = 240;
const MAX_VALUE_CHARACTERS = 80;
const MAX_METHODS = 2;
const MAX_SERVERS = 3;

const RELATIONS: Readonly<Record<Relation, string>> = {
  author: "",
  "alias-host": " (keeps the alias)",
  "room-creator": " (its name is in the room ID)",
  participant: " (takes part in the room)",
};

/** One plain line for a bot to print: whom to reach, at most 240 characters, nothing invisible in it. */
export function summarizeRoute({ needsSender, servers }: Omit<ContactRoute, "summary">): string {
  const shown = servers.slice(0, MAX_SERVERS).map(summarizeServer).join(" ");
  const others = servers.length > MAX_SERVERS ? ` And ${servers.length - MAX_SERVERS} more servers.` : "";
  const line = needsSender ? `${explainSender(servers.length > 0)}${shown}${others}` : `${shown}${others}`;
  return toPrintable(line.trim(), MAX_SUMMARY_CHARACTERS - 1);
}

function explainSender(namesServers: boolean): string {
  return namesServers
    ? "This does not say whose user it was: give the sender's user ID. "
    : "This names no server: give the sender's user ID.";
}

function summarizeServer({ serverName, relation, methods, tried, freshness }: ServerRoute): string {
  const name = `${toPrintable(serverName, MAX_VALUE_CHARACTERS)}${RELATIONS[relation]}`;
  if (methods.length === 0) return `${name}: no contact, ${tried[0]?.message ?? "none is published"}.`;
  const shown = methods.slice(0, MAX_METHODS).map(({ value, role }) => {
    const printable = toPrintable(value, MAX_VALUE_CHARACTERS);
    return role === null ? printable : `${printable} (${toPrintable(role, MAX_VALUE_CHARACTERS)})`;
  });
  const others = methods.length > MAX_METHODS ? `, or ${methods.length - MAX_METHODS} more` : "";
  return `${name}: ${shown.join(", else ")}${others}; ${freshness?.state ?? "unknown"}.`;
}
