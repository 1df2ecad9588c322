import type { ServerName } from "@switchboard/domain";
import type { AddedCandidates, Store } from "@switchboard/store";

/** What the store takes at once. */
const CHUNK = 10_000;

/** Adds any number of names as candidates, due now. */
export async function addNames(
  store: Pick<Store, "addCandidates">,
  names: readonly ServerName[],
  source: string,
): Promise<AddedCandidates> {
  let added = 0;
  let known = 0;
  for (let start = 0; start < names.length; start += CHUNK) {
    const part = await store.addCandidates({ names: names.slice(start, start + CHUNK), source, due: "now" });
    added += part.added;
    known += part.known;
  }
  return { added, known };
}
