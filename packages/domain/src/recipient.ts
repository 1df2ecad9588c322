import type { ContactRoute } from "./contact-route.ts";
import type { Entity, Relation } from "./entity.ts";
import { methodKeyOf, type RouteMethod } from "./route-method.ts";
import type { ServerName } from "./server-name.ts";

/** An entity that a recipient is the first choice for, and as what: a report to anybody but the `author` may be misrouted. */
export type RecipientEntity = {
  readonly entity: Entity;
  readonly serverName: ServerName;
  readonly relation: Relation;
};

/** One report to write: whom it goes to, and all that it is about. */
export type Recipient = { readonly method: RouteMethod; readonly entities: readonly RecipientEntity[] };

/**
 * Groups routes by the first method of each entity, so that 1,000 entities of 37 operators make 37 reports. Mail domains
 * and server names compare without case. In the order of first appearance; entities without any method are left out.
 */
export function groupByRecipient(routes: Iterable<ContactRoute>): readonly Recipient[] {
  const byKey = new Map<string, { method: RouteMethod; entities: RecipientEntity[] }>();
  for (const { entity, servers } of routes) {
    const server = servers.find(({ methods }) => methods.length > 0);
    const method = server?.methods[0];
    if (server === undefined || method === undefined) continue;
    const about = { entity, serverName: server.serverName, relation: server.relation };
    const known = byKey.get(methodKeyOf(method));
    if (known === undefined) byKey.set(methodKeyOf(method), { method, entities: [about] });
    else known.entities.push(about);
  }
  return [...byKey.values()];
}
