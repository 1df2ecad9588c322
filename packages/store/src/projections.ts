export type Projections = {
  /** Builds the searchable rows and the tallies anew out of servers and revisions; they come out the same (DESIGN, "History"). */
  rebuildProjections(): Promise<void>;
  /** Gives the space of dead rows back to the hot tables; to be called after a sweep. */
  vacuumHotTables(): Promise<void>;
};
