import type { ApiKeys } from "./api-keys.ts";
import type { Candidates } from "./candidates.ts";
import type { Changes } from "./changes.ts";
import type { Claims } from "./claims.ts";
import type { Contacts } from "./contacts.ts";
import type { Export } from "./export.ts";
import type { Listings } from "./listings.ts";
import type { OptOuts } from "./opt-outs.ts";
import type { Projections } from "./projections.ts";
import type { ProbeRecords } from "./record-probes.ts";
import type { Relint } from "./relint.ts";
import type { Revisions } from "./revisions.ts";
import type { Search } from "./search.ts";
import type { Spans } from "./spans.ts";
import type { Statistics } from "./stats.ts";

/** A row that does not parse: named, set aside, and the rest goes on. The message holds no value of the row. */
export type BadRow = { readonly table: string; readonly id: string; readonly problem: string };

export type StoreOptions = {
  readonly connectionString: string;
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly onBadRow: (row: BadRow) => void;
};

/** The directory in Postgres. */
export type Store = Candidates &
  Claims &
  ProbeRecords &
  Listings &
  Search &
  Contacts &
  Revisions &
  Spans &
  Changes &
  Statistics &
  ApiKeys &
  Export &
  Projections &
  Relint &
  OptOuts & {
    /** Resolves when the database answers and its migrations are those of this code; throws with the reason otherwise. */
    checkReady(): Promise<void>;
    close(): Promise<void>;
  };

/** Opens the directory: one pool of connections for everything. The database must be migrated. */
export function createStore(_options: StoreOptions): Store {
  throw new Error("the store is being built");
}
