import {
  type Delivery,
  type Finding,
  findDeliveryFindings,
  type Hostname,
  type Instant,
  parseServerName,
  parseSupportDocument,
  RULES_VERSION,
  type SupportDocument,
  type Verdict,
} from "@switchboard/domain";

/** A stored document to be judged again; `delivery` is null where its delivery facts are not kept. */
export type StoredDocument = {
  readonly hostname: Hostname;
  readonly raw: Uint8Array;
  readonly delivery: Delivery | null;
};

/** How the present rules judge it. */
export type Judgement = {
  readonly document: SupportDocument | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
};

/** What a relint needs of the directory. */
export type RelintStore = {
  relint(request: {
    readonly judge: (stored: StoredDocument) => Judgement;
    readonly rulesVersion: number;
    readonly batchSize: number;
    readonly clock: () => Instant;
  }): Promise<{ readonly judged: number; readonly verdictsChanged: number }>;
};

const RELINT_BATCH_SIZE = 200;

/**
 * Judges what older rules judged again, from the bytes as served and without a fetch. Does nothing where the stored
 * verdicts are by the present rules.
 */
export function relint({ store, clock }: { readonly store: RelintStore; readonly clock: () => Instant }) {
  return store.relint({ judge, rulesVersion: RULES_VERSION, batchSize: RELINT_BATCH_SIZE, clock });
}

function judge({ hostname, raw, delivery }: StoredDocument): Judgement {
  const server = parseServerName(hostname);
  const { document, verdict, findings } = parseSupportDocument(raw, server.ok ? { server: server.value } : {});
  return {
    document,
    verdict,
    findings: [...findings, ...(delivery === null ? [] : findDeliveryFindings(delivery.hops))],
  };
}
