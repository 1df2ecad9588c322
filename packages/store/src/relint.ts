import type { Delivery, Finding, Hostname, Instant, SupportDocument, Verdict } from "@switchboard/domain";

/** A stored document to be judged again. `delivery` is the latest, given for the published revision only. */
export type StoredDocument = {
  readonly hostname: Hostname;
  readonly raw: Uint8Array;
  readonly delivery: Delivery | null;
};

/** The judgement by the present rules. `document` is null where these rules find nothing usable: then the stored one stays. */
export type Judgement = {
  readonly document: SupportDocument | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
};

export type RelintRequest = {
  readonly judge: (stored: StoredDocument) => Judgement;
  readonly rulesVersion: number;
  readonly batchSize: number;
  readonly clock: () => Instant;
};

export type RelintSummary = { readonly judged: number; readonly verdictsChanged: number };

export type Relint = {
  /** Judges every stored revision of older rules again from its bytes, without a fetch; a changed verdict is a change with the cause `rules`. */
  relint(request: RelintRequest): Promise<RelintSummary>;
};
