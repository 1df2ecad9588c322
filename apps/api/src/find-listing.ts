import { toIso } from "@switchboard/contract";
import { type Instant, type Listing, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { RequestProblem } from "./request-problem.ts";

/**
 * The listing of a name, now or as of a moment; a problem where the directory does not know the name, or where its
 * operator asked not to be listed.
 */
export async function findListedServer(
  store: Pick<Store, "findListing" | "findListingAt">,
  name: ServerName,
  at?: Instant,
): Promise<Listing> {
  const key = serverKeyOf(name);
  const listing = await (at === undefined ? store.findListing(key) : store.findListingAt(key, at));
  if (listing === null) throw new RequestProblem(unknownServerName(name, at));
  if (listing.optedOut) {
    throw new RequestProblem({ slug: "opted-out", detail: `The operator of ${name} asked not to be listed here.` });
  }
  return listing;
}

/** The problem of a valid name that is not in the directory (or was not, at that moment). */
export function unknownServerName(name: ServerName, at?: Instant) {
  const fix = `Submit it: POST /v1/servers with {"names": [${JSON.stringify(name)}]}.`;
  const detail = at === undefined ? "is not in the directory" : `was not in the directory at ${toIso(at)}`;
  return {
    slug: "unknown-server-name" as const,
    detail: `${name} ${detail}. ${fix}`,
    errors: [{ field: "name", value: name, detail, fix }],
  };
}
