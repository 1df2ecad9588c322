import { byteLengthOf } from "./byte-length.ts";
import type { ContactRoute } from "./contact-route.ts";
import { identifierOf } from "./entity.ts";
import { escapeHtml } from "./escape-html.ts";
import { toPrintable } from "./printable-text.ts";
import type { Attempt } from "./route-attempt.ts";
import type { RouteMethod, SetAsideMethod } from "./route-method.ts";
import type { ServerName } from "./server-name.ts";

type BriefMethod = Pick<RouteMethod, "kind" | "value" | "role" | "reasons" | "freshness" | "confirmedAt" | "source">;

/** A contact route small enough for a chat message. */
export type BriefRoute = {
  /** The identifier, invisible characters escaped, cut where it is longer than 100 characters. */
  readonly entity: string;
  /** The first server of the entity; null where it names none. */
  readonly serverName: ServerName | null;
  readonly summary: string;
  readonly needsSender: boolean;
  /** Of all servers (`source` says which), in order, as many as there is room for. */
  readonly methods: readonly BriefMethod[];
  readonly setAside: readonly Pick<SetAsideMethod, "kind" | "value" | "reason">[];
  readonly tried: readonly Attempt[];
  /** How many methods were left out for want of room. */
  readonly omitted: number;
  /** The rules by which the first server's document was judged; null where it publishes none. */
  readonly rulesVersion: number | null;
  /** The summary and the methods shown as links, escaped; empty where there is no room. Safe in a page and in a Matrix message. */
  readonly html: string;
};

/** A bot's answer must fit a chat message with room to spare. */
export const MAX_BRIEF_BYTES = 2_000;
const MAX_ENTITY_CHARACTERS = 100;
/** What an instant takes in JSON when it is written as an ISO 8601 text. */
const INSTANT_PLACEHOLDER = "2026-01-01T00:00:00.000Z";

/** How much of everything is shown. */
type Room = { readonly methods: number; readonly setAside: number; readonly tried: number; readonly html: boolean };

/** The brief view of a route: under 2 kB as JSON with instants as ISO 8601 texts, whatever was published. */
export function briefRoute(route: ContactRoute): BriefRoute {
  let room: Room | null = { methods: 8, setAside: 4, tried: 4, html: true };
  let brief = fillRoom(route, room);
  while (briefBytes(brief) >= MAX_BRIEF_BYTES && room !== null) {
    room = shrink(room);
    if (room !== null) brief = fillRoom(route, room);
  }
  return brief;
}

/** The best methods stay longest; the links repeat what is said already, so they go before the last method does. */
function shrink({ methods, setAside, tried, html }: Room): Room | null {
  if (methods > 3) return { methods: methods - 1, setAside, tried, html };
  if (tried > 1) return { methods, setAside, tried: tried - 1, html };
  if (setAside > 1) return { methods, setAside: setAside - 1, tried, html };
  if (methods > 1) return { methods: methods - 1, setAside, tried, html };
  if (html) return { methods, setAside, tried, html: false };
  if (setAside > 0) return { methods, setAside: 0, tried, html };
  if (tried > 0) return { methods, setAside, tried: 0, html };
  return methods > 0 ? { methods: 0, setAside, tried, html } : null;
}

function fillRoom(route: ContactRoute, room: Room): BriefRoute {
  const all = route.servers.flatMap(({ methods }) => methods);
  const shown = all.slice(0, room.methods);
  const entity = toPrintable(toPrintable(identifierOf(route.entity), MAX_ENTITY_CHARACTERS), MAX_ENTITY_CHARACTERS);
  return {
    entity,
    serverName: route.servers[0]?.serverName ?? null,
    summary: route.summary,
    needsSender: route.needsSender,
    methods: shown.map(({ kind, value, role, reasons, freshness, confirmedAt, source }) => ({
      kind,
      value,
      role,
      reasons,
      freshness,
      confirmedAt,
      source,
    })),
    setAside: route.servers
      .flatMap((server) => server.setAside)
      .slice(0, room.setAside)
      .map(({ kind, value, reason }) => ({ kind, value, reason })),
    tried: route.servers.flatMap((server) => server.tried).slice(0, room.tried),
    omitted: all.length - shown.length,
    rulesVersion: route.servers[0]?.rulesVersion ?? null,
    html: room.html ? printHtml(route.summary, shown) : "",
  };
}

function briefBytes(brief: BriefRoute): number {
  const instants = new Set(["at", "confirmedAt", "since"]);
  const json = JSON.stringify(brief, (key, value) =>
    instants.has(key) && typeof value === "number" ? INSTANT_PLACEHOLDER : value,
  );
  return byteLengthOf(json);
}

function printHtml(summary: string, methods: readonly RouteMethod[]): string {
  const items = methods.map(({ value, href }) => {
    const shown = escapeHtml(toPrintable(value, MAX_ENTITY_CHARACTERS));
    return href === null
      ? `<li>${shown}</li>`
      : `<li><a href="${escapeHtml(href)}" rel="nofollow noreferrer">${shown}</a></li>`;
  });
  return `<p>${escapeHtml(summary)}</p>${items.length === 0 ? "" : `<ol>${items.join("")}</ol>`}`;
}
