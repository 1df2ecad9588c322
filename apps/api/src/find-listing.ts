import { type ProblemOccurrence, toIso } from "@switchboard/contract";
import { type Instant, type Listing, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { RequestProblem } from "./request-problem.ts";

/**
 * The listing of a name, now or as of a moment; a problem where the directory does not know the name, or where its
 * operator asked not to be listed.
 */
export async function findListedServer(
  store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut">,
  name: ServerName,
  at?: Instant,
): Promise<Listing> {
  const key = serverKeyOf(name);
  const listing = await (at === undefined ? store.findListing(key) : store.findListingAt(key, at));
  if (listing === null) {
    const present = at === undefined ? null : await store.findListing(key);
    // A domain that opted out covers names which the directory has never held.
    if (present === null && (await store.isOptedOut(key))) throw new RequestProblem(optedOut(name));
    throw new RequestProblem(
      present === null || at === undefined ? unknownServerName(name) : notYetListed(present, at),
    );
  }
  if (listing.optedOut) throw new RequestProblem(optedOut(name));
  return listing;
}

function optedOut(name: ServerName): ProblemOccurrence {
  return { slug: "opted-out", detail: `The operator of ${name} asked not to be listed here, nor to be probed.` };
}

/** The problem of a valid name that is not in the directory. */
export function unknownServerName(name: ServerName): ProblemOccurrence {
  const detail = "is not in the directory";
  const fix = `Submit it: POST /v1/servers with {"names": [${JSON.stringify(name)}]}.`;
  return {
    slug: "unknown-server-name",
    detail: `${name} ${detail}. ${fix}`,
    errors: [{ field: "name", value: name, detail, fix }],
  };
}

function notYetListed({ serverName, firstSeenAt }: Listing, at: Instant): ProblemOccurrence {
  const detail = `was before ${serverName} came into the directory`;
  const fix = `Ask for ${toIso(firstSeenAt)} or later.`;
  return {
    slug: "unknown-server-name",
    detail: `${toIso(at)} ${detail}. ${fix}`,
    errors: [{ field: "at", value: toIso(at), detail, fix }],
  };
}
