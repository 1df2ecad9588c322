import type { Instant, ServerKey, ServerName } from "@switchboard/domain";

/** Names heard of at once, from one source. `spread` gives each a random moment of the next day, so that they do not come due together. */
export type NewCandidates = {
  readonly names: readonly ServerName[];
  readonly source: string;
  readonly due: "now" | "spread";
};

/** How many of the distinct names were new to the directory, and how many were in it. */
export type AddedCandidates = { readonly added: number; readonly known: number };

/** What became of the wish for a fresh probe. */
export type ProbeRequest =
  | { readonly kind: "accepted" }
  | { readonly kind: "cooling-off"; readonly secondsLeft: number }
  | { readonly kind: "unknown-name" }
  | { readonly kind: "opted-out" };

/** From where a name was first heard, and when. */
export type NameSource = { readonly source: string; readonly heardAt: Instant };

export type Candidates = {
  /** Adds names and their source; at most 10,000 at a time. Names already known keep their due time. */
  addCandidates(candidates: NewCandidates): Promise<AddedCandidates>;
  /** Makes a name due now, unless it was asked for or probed less than `cooloffMs` ago by Postgres' clock. */
  askForProbe(name: ServerKey, cooloffMs: number): Promise<ProbeRequest>;
  /** The sources of a name, the first heard first; empty where the name is unknown. */
  listSources(name: ServerKey): Promise<readonly NameSource[]>;
};
