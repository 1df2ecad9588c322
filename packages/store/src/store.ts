import { z } from "zod";
import { type ApiKeys, createApiKeys } from "./api-keys.ts";
import { type Canaries, createCanaries } from "./canary.ts";
import { type Candidates, createCandidates } from "./candidates.ts";
import { type Changes, createChanges } from "./changes.ts";
import { type Claims, createClaims } from "./claims.ts";
import { type Connection, type ConnectionOptions, createConnection } from "./connection.ts";
import { type Contacts, createContacts } from "./contacts.ts";
import { createDiscoveryClaims, type DiscoveryClaims } from "./discovery-claims.ts";
import { createExport, type Export } from "./export.ts";
import { createListings, type Listings } from "./listings.ts";
import { listMigrationNames } from "./migrate.ts";
import { createOptIns, type OptIns } from "./opt-ins.ts";
import { createOptOuts, type OptOuts } from "./opt-outs.ts";
import { createProjections, type Projections } from "./projections.ts";
import { createPublishedDocuments, type PublishedDocuments } from "./published-documents.ts";
import { createDiscoveryRecords, type DiscoveryRecords } from "./record-discoveries.ts";
import { createProbeRecords, type ProbeRecords } from "./record-probes.ts";
import { createRelint, type Relint } from "./relint.ts";
import { createRevisions, type Revisions } from "./revisions.ts";
import { createSearch, type Search } from "./search.ts";
import { createSetAsideNames, type SetAsideNames } from "./set-aside-names.ts";
import { createSoftwareHistory, type SoftwareHistory } from "./software-history.ts";
import { createSourceRuns, type SourceRuns } from "./source-runs.ts";
import { createSpans, type Spans } from "./spans.ts";
import { createStatistics, type Statistics } from "./stats.ts";
import { createWitnesses, type Witnesses } from "./witnesses.ts";

export type StoreOptions = ConnectionOptions;

/** The directory in Postgres. */
export type Store = Canaries &
  Candidates &
  Claims &
  Witnesses &
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
  PublishedDocuments &
  SetAsideNames &
  SourceRuns &
  DiscoveryClaims &
  DiscoveryRecords &
  SoftwareHistory &
  OptOuts &
  OptIns & {
    /** Resolves when the database answers and its migrations are those of this code; throws with the reason otherwise. */
    checkReady(): Promise<void>;
    close(): Promise<void>;
  };

/** Opens the directory: one pool of connections for everything. The database must be migrated. */
export function createStore(options: StoreOptions): Store {
  const connection = createConnection(options);
  const claims = createClaims(connection);
  const listings = createListings(connection);
  const sourceRuns = createSourceRuns(connection);
  return {
    ...createCanaries(connection),
    ...createCandidates(connection),
    ...claims,
    ...createWitnesses(connection),
    ...createProbeRecords(connection),
    ...listings,
    ...createSearch(connection, listings),
    ...createContacts(connection),
    ...createRevisions(connection),
    ...createSpans(connection),
    ...createChanges(connection),
    ...createStatistics(connection, { ...claims, ...sourceRuns }),
    ...createApiKeys(connection),
    ...createExport(connection),
    ...createProjections(connection),
    ...createRelint(connection),
    ...createPublishedDocuments(connection),
    ...createSetAsideNames(connection),
    ...sourceRuns,
    ...createDiscoveryClaims(connection),
    ...createDiscoveryRecords(connection),
    ...createSoftwareHistory(connection),
    ...createOptOuts(connection),
    ...createOptIns(connection),
    checkReady: () => checkReady(connection),
    close: connection.close,
  };
}

async function checkReady(connection: Connection): Promise<void> {
  const rows = await connection.query({
    text: "select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null",
  });
  const applied = new Set(
    z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name),
  );
  const missing = (await listMigrationNames()).filter((name) => !applied.has(name));
  if (missing.length > 0) throw new Error(`the database lacks the migrations ${missing.join(", ")}`);
}
