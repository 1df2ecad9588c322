import { type ServerKey, type ServerName, toPrintable } from "@switchboard/domain";
import type { AddedCandidates, Store } from "@switchboard/store";
import type { RejectedName } from "./parse-server-names.ts";

/** What the store takes at once. */
const CHUNK = 10_000;

/** Adds any number of names as candidates, due now. */
export async function addNames(
  store: Pick<Store, "addCandidates">,
  names: readonly ServerName[],
  source: string,
): Promise<Omit<AddedCandidates, "heldBack">> {
  let added = 0;
  let known = 0;
  const optedOut: ServerKey[] = [];
  for (let start = 0; start < names.length; start += CHUNK) {
    const part = await store.addCandidates({ names: names.slice(start, start + CHUNK), source, due: "now" });
    added += part.added;
    known += part.known;
    optedOut.push(...part.optedOut);
  }
  return { added, known, optedOut };
}

/** What to tell about a name that was not added because its operator opted out. */
export function toOptedOut(name: ServerKey): RejectedName {
  const error = {
    code: "opted-out",
    message: `the operator of ${toPrintable(name, 100)} asked not to be listed`,
    hint: "Take it out of your list; docs/opting-out.md tells what an opt-out is.",
  };
  return { line: null, name, error };
}
