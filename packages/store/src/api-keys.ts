import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Instant, toInstant } from "@switchboard/domain";
import { cleanText } from "./clean-text.ts";
import type { Connection } from "./connection.ts";

export type ApiKey = {
  readonly id: string;
  readonly label: string;
  readonly createdAt: Instant;
  /** To within a minute. */
  readonly lastUsedAt: Instant | null;
  readonly revokedAt: Instant | null;
};

export type ApiKeys = {
  /** Makes a key. `secret` is shown this once; only its hash is stored. */
  createKey(label: string): Promise<ApiKey & { readonly secret: string }>;
  /** All keys, revoked ones too, the oldest first. */
  listKeys(): Promise<readonly ApiKey[]>;
  /** Answers whether there was such a key, revoked or not. */
  revokeKey(id: string): Promise<"revoked" | "unknown-key">;
  /** The valid key with this secret, or null. */
  findKey(secret: string): Promise<ApiKey | null>;
};

/** Says to secret scanners, and to whoever finds one lying about, whose key it is. */
const SECRET_PREFIX = "switchboard_";
const SECRET_BYTES = 32;

/** A key in use is written once a minute, not with every request. */
const USE_RECORDED_EVERY = "1 minute";

type ApiKeyRow = {
  readonly id: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

export function createApiKeys(connection: Connection): ApiKeys {
  const { apiKey } = connection.prisma;
  return {
    async createKey(label) {
      const secret = SECRET_PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
      const row = await apiKey.create({ data: { id: randomUUID(), label: cleanText(label), hash: hashOf(secret) } });
      return { ...toApiKey(row), secret };
    },
    async listKeys() {
      return (await apiKey.findMany({ orderBy: [{ createdAt: "asc" }, { id: "asc" }] })).map(toApiKey);
    },
    async revokeKey(id) {
      // By Postgres' clock, as the other moments of this table; a key revoked before keeps its first moment.
      const rows = await connection.query({
        text: "update api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1 returning id",
        values: [cleanText(id)],
      });
      return rows.length > 0 ? "revoked" : "unknown-key";
    },
    async findKey(secret) {
      const row = await apiKey.findUnique({ where: { hash: hashOf(secret) } });
      if (row === null || row.revokedAt !== null) return null;
      await connection.query({
        text: `
          update api_keys set last_used_at = now()
          where id = $1 and coalesce(last_used_at < now() - interval '${USE_RECORDED_EVERY}', true)`,
        values: [row.id],
      });
      return toApiKey(row);
    },
  };
}

/** A secret of 256 random bits needs no slow hash: there is nothing to guess. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function toApiKey({ id, label, createdAt, lastUsedAt, revokedAt }: ApiKeyRow): ApiKey {
  const toMoment = (date: Date | null) => (date === null ? null : toInstant(date.getTime()));
  const moments = { lastUsedAt: toMoment(lastUsedAt), revokedAt: toMoment(revokedAt) };
  return { id, label, createdAt: toInstant(createdAt.getTime()), ...moments };
}
