import { type ContactRoute, FRESHNESS_STATES, identifierOf, type RouteMethod, toPrintable } from "@switchboard/domain";
import { z } from "zod";
import { sourceSchema, toSource } from "./contact-route.ts";
import { instantSchema, toIsoOrNull } from "./instant.ts";

/** A bot's answer must fit a chat message's event with room to spare: under 2 kB of UTF-8. */
const MAX_BRIEF_BYTES = 1_999;
const MAX_ENTITY_CHARACTERS = 255;
const MAX_METHODS = 4;
const MAX_LINKS = 2;

const briefMethodSchema = z.object({
  kind: z.enum(["matrix_id", "email_address", "support_page"]),
  value: z.string(),
  role: z.string().nullable(),
  reasons: z.array(z.string()),
  freshness: z.enum(FRESHNESS_STATES),
  confirmedAt: instantSchema.nullable(),
  source: sourceSchema,
});

export const briefRouteSchema = z
  .object({
    entity: z.string(),
    serverName: z.string().nullable().meta({ description: "The first of the entity's servers; null: it names none." }),
    summary: z.string().meta({ description: "One plain line that a bot can print." }),
    methods: z.array(briefMethodSchema).meta({ description: "Of that server, best first; as many as fit." }),
    setAside: z.array(z.object({ value: z.string(), reason: z.string() })),
    tried: z.array(z.string()),
    rulesVersion: z.number().int().nullable(),
    html: z.string().meta({ description: "The same for a client that shows HTML: escaped, links only where safe." }),
  })
  .meta({ id: "BriefRoute", description: "A contact route in under 2 kB." });
export type BriefRouteBody = z.infer<typeof briefRouteSchema>;

/**
 * The brief form of a contact route: its first server, in under 2 kB however much is published. What does not fit is
 * left out from the end, the links of `html` first; the summary and the best method come last of all.
 */
export function toBriefRoute(route: ContactRoute, pageUrl: string): BriefRouteBody {
  const [server] = route.servers;
  const body: BriefRouteBody = {
    entity: toPrintable(
      route.entity.given.length > MAX_ENTITY_CHARACTERS ? identifierOf(route.entity) : route.entity.given,
      MAX_ENTITY_CHARACTERS,
    ),
    serverName: server?.serverName ?? null,
    summary: route.summary,
    methods: (server?.methods ?? []).slice(0, MAX_METHODS).map(toBriefMethod),
    setAside: (server?.setAside ?? [])
      .slice(0, MAX_METHODS)
      .map(({ value, reason }) => ({ value, reason: reason.message })),
    tried: (server?.tried ?? []).map(({ message }) => message),
    rulesVersion: server?.rulesVersion ?? null,
    html: toHtml(route, pageUrl),
  };
  return shrink(body, escapeHtml(route.summary));
}

function toBriefMethod(method: RouteMethod): BriefRouteBody["methods"][number] {
  const { kind, value, role, reasons, freshness, confirmedAt, source } = method;
  return {
    kind,
    value,
    role,
    reasons: reasons.map(({ message }) => message),
    freshness,
    confirmedAt: toIsoOrNull(confirmedAt),
    source: toSource(source),
  };
}

function shrink(body: BriefRouteBody, plainHtml: string): BriefRouteBody {
  const steps: readonly ((one: BriefRouteBody) => BriefRouteBody)[] = [
    (one) => one,
    (one) => ({ ...one, methods: one.methods.slice(0, 2), setAside: one.setAside.slice(0, 2) }),
    (one) => ({ ...one, html: plainHtml }),
    (one) => ({ ...one, setAside: [] }),
    (one) => ({ ...one, methods: one.methods.slice(0, 1) }),
    (one) => ({ ...one, methods: [] }),
    (one) => ({ ...one, html: "", entity: one.entity.slice(0, 80) }),
  ];
  let smaller = body;
  for (const step of steps) {
    smaller = step(smaller);
    if (new TextEncoder().encode(JSON.stringify(smaller)).byteLength <= MAX_BRIEF_BYTES) break;
  }
  return smaller;
}

/** Matrix clients show a subset of HTML ("m.room.message", formatted_body): plain text and links, nothing else is used. */
function toHtml(route: ContactRoute, pageUrl: string): string {
  const links = (route.servers[0]?.methods ?? []).flatMap(({ href, value }) =>
    href === null ? [] : [`<a href="${escapeHtml(href)}">${escapeHtml(value)}</a>`],
  );
  const why = `<a href="${escapeHtml(pageUrl)}">why</a>`;
  return [escapeHtml(route.summary), ...links.slice(0, MAX_LINKS), why].join(" · ");
}

/** Text as it may stand in HTML, in an element or between the quotation marks of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
