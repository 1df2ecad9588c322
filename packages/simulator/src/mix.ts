import { type Behaviour, EVERY_BEHAVIOUR } from "./behaviour.ts";
import type { FederationBehaviour } from "./behaviours/federation-behaviour.ts";
import type { DocumentName } from "./documents/support-documents.ts";
import { pickByText, randomSequence, shuffled } from "./random.ts";

/** How often behaviours occur in a federation: each is drawn in proportion to its weight. */
export type Mix = readonly { readonly behaviour: Behaviour; readonly weight: number }[];

/** What most operators who publish anything write. */
const COMMON_DOCUMENTS: readonly { readonly document: DocumentName; readonly weight: number }[] = [
  { document: "admin-both", weight: 14 },
  { document: "admin-mail", weight: 10 },
  { document: "admin-and-security", weight: 9 },
  { document: "page-and-admin", weight: 7 },
  { document: "admin-user-id", weight: 5 },
  { document: "page-only", weight: 2 },
  { document: "moderator-stable", weight: 2 },
  { document: "policies-stable", weight: 2 },
  { document: "bare-roles", weight: 2 },
  { document: "draft-admins", weight: 1 },
];

/**
 * A federation as one might find it, though with more documents than the real one has, since they are what there is to
 * see. Nothing in it keeps a client waiting.
 */
export const PLAUSIBLE_MIX: Mix = [
  ...COMMON_DOCUMENTS.map(({ document, weight }) => ({
    behaviour: { family: "document", document, delivery: "plain" } as const,
    weight,
  })),
  { behaviour: { family: "absent", how: "not-found" }, weight: 26 },
  { behaviour: { family: "absent", how: "empty-object" }, weight: 4 },
  { behaviour: { family: "unusable", how: "home-page" }, weight: 4 },
  { behaviour: { family: "redirect", how: "other-host" }, weight: 3 },
  { behaviour: { family: "redirect", how: "same-host" }, weight: 2 },
  { behaviour: { family: "status", status: 403, retryAfterSeconds: null }, weight: 1 },
  { behaviour: { family: "certificate", how: "expired" }, weight: 1 },
  { behaviour: { family: "certificate", how: "wrong-name" }, weight: 1 },
  { behaviour: { family: "connection", how: "refused" }, weight: 2 },
  { behaviour: { family: "dns", how: "name-error" }, weight: 2 },
];

/** How made-up servers are found: mostly by a delegation with a port, as most operators have it. */
const COMMON_FEDERATION: readonly FederationBehaviour[] = [
  ...Array.from({ length: 8 }, () => "delegated-with-port" as const),
  "default-port",
  "default-port",
  "delegated-with-srv",
  "srv",
  "deprecated-srv",
  "well-known-page",
  "delegated-to-wrong-certificate",
  "version-not-found",
];

/** How a made-up server is found; the same name is found the same way. */
export function federationOf(serverName: string): FederationBehaviour {
  return pickByText(COMMON_FEDERATION, `federation of ${serverName}`);
}

/** Every behaviour as often as any other. */
export const EVEN_MIX: Mix = EVERY_BEHAVIOUR.map((behaviour) => ({ behaviour, weight: 1 }));

/**
 * Behaviours for `count` servers, in an order that depends on `seed` only. Where there is room, every behaviour there is
 * occurs at least once; the rest are drawn from the mix. Throws RangeError where the mix is empty.
 */
export function assignBehaviours(options: { count: number; seed: number; mix: Mix }): Behaviour[] {
  const { count, seed, mix } = options;
  const random = randomSequence(seed);
  const certain = count >= EVERY_BEHAVIOUR.length ? EVERY_BEHAVIOUR : [];
  const drawn = Array.from({ length: count - certain.length }, () => drawBehaviour(mix, random()));
  return shuffled([...certain, ...drawn], random);
}

function drawBehaviour(mix: Mix, share: number): Behaviour {
  let left = share * mix.reduce((sum, { weight }) => sum + weight, 0);
  for (const { behaviour, weight } of mix) {
    left -= weight;
    if (left < 0) return behaviour;
  }
  throw new RangeError("a mix needs a behaviour with a weight");
}
