import { toIso } from "@switchboard/contract";
import type { ContactRoute, Relation, RouteMethod, ServerRoute } from "@switchboard/domain";
import { type Html, html } from "./html.ts";
import { layOut } from "./page-layout.ts";

const RELATIONS: Readonly<Record<Relation, string>> = {
  author: "the server this comes from",
  "alias-host": "keeps the room alias; it need not be the sender's server",
  "room-creator": "its name is in the room ID; it need not be the sender's server",
  participant: "takes part in the room; it need not be the sender's server",
};

/** The page about one contact route, for people: everything on it is escaped, and it runs no script. */
export function toContactRoutePage(route: ContactRoute): string {
  const { given } = route.entity;
  return layOut(
    `Contacts for ${given}`,
    html`<h1>Whom to reach about <bdi>${given}</bdi></h1>
${route.needsSender ? html`<p class="notice">This does not say whose user it was. Look up the sender's user ID to reach that user's own server.</p>` : []}
${route.servers.map(toSection)}
<p class="quiet">A published contact says whom the operator wants written to, not whether anybody reads it.</p>
<p><a href="/#/${encodeURIComponent(given.trim())}">Findings and history</a></p>`,
  );
}

/** The page where an entity could not be read. */
export function toUnreadPage(given: string, message: string, hint: string): string {
  return layOut("Not understood", html`<h1>Not understood: <bdi>${given}</bdi></h1><p>${message}.</p><p>${hint}</p>`);
}

function toSection(server: ServerRoute): Html {
  const state = server.freshness?.state ?? "unknown";
  const told = new Set<string>(server.tried.map(({ code }) => code));
  const doubts = (server.freshness?.reasons ?? []).filter(({ code }) => !told.has(code));
  return html`<section class="card">
<h2><bdi>${server.serverName}</bdi> <span class="badge ${state}">${state}</span></h2>
<p class="relation quiet">${RELATIONS[server.relation]}</p>
<ol class="methods">${server.methods.map(toItem)}</ol>
${server.methods.length === 0 ? html`<p>${server.setAside.length === 0 ? "No contact is known." : "No contact is left to offer."}</p>` : []}
<ul class="quiet">${server.tried.map(({ message }) => html`<li>${message}</li>`)}${server.setAside.map(
    ({ value, reason }) => html`<li>Set aside: <bdi>${value}</bdi>: ${reason.message}</li>`,
  )}${doubts.map(({ message }) => html`<li>${message}</li>`)}</ul>
</section>
`;
}

function toItem({ value, href, role, reasons, confirmedAt }: RouteMethod): Html {
  const link =
    href === null
      ? html`<bdi>${value}</bdi>`
      : html`<a href="${href}" rel="noopener noreferrer nofollow ugc"><bdi>${value}</bdi></a>`;
  const seen = confirmedAt === null ? html`` : html`, last seen ${toIso(confirmedAt).slice(0, 10)}`;
  return html`<li>${link} <span class="quiet">${role ?? "no role"}${seen}</span>
<div class="quiet">${reasons.map(({ message }) => message).join(" · ")}</div></li>`;
}
