import type { Instant } from "@switchboard/domain";

export type ApiKey = {
  readonly id: string;
  readonly label: string;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant | null;
  readonly revokedAt: Instant | null;
};

export type ApiKeys = {
  /** Makes a key. `secret` is shown this once; only its hash is stored. */
  createKey(label: string): Promise<ApiKey & { readonly secret: string }>;
  listKeys(): Promise<readonly ApiKey[]>;
  /** Answers whether there was such a key, revoked or not. */
  revokeKey(id: string): Promise<"revoked" | "unknown-key">;
  /** The valid key with this secret, or null. */
  findKey(secret: string): Promise<ApiKey | null>;
};
