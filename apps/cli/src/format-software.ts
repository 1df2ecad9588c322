import type { ServerSoftware } from "@switchboard/domain";

/** What a server runs, in one line: `Synapse 1.98.0`. */
export function formatSoftware({ name, version }: ServerSoftware): string {
  return version === null ? name : `${name} ${version}`;
}
