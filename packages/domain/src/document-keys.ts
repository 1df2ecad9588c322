import type { ObjectNode, ValueNode } from "@humanwhocodes/momoa";
import { DIRECTORY_KEY } from "./directory-wish.ts";
import { keyOf } from "./document-syntax.ts";
import type { Place } from "./document-text.ts";
import type { FindingCode } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";
import { pointTo } from "./json-pointer.ts";

/** One field in every spelling under which it is served, the best first: where several are there, the first is read. */
type Spelling = {
  readonly key: string;
  /** The remark that the spelling earns where it is the one that is read. */
  readonly remark: null | {
    readonly code: FindingCode;
    readonly because: string;
    readonly hint?: string;
    readonly spec?: string;
  };
};

const MSC4266 = "https://github.com/matrix-org/matrix-spec-proposals/pull/4266";
const MSC4439 = "https://github.com/matrix-org/matrix-spec-proposals/pull/4439";

function specified(key: string): Spelling {
  return { key, remark: null };
}

function obsolete(key: string, replacement: string): Spelling {
  const because = `is a draft's name for "${replacement}"`;
  return { key, remark: { code: "obsolete-key", because, hint: `Rename it to "${replacement}".` } };
}

function proposed(key: string, proposal: number, spec: string): Spelling {
  return { key, remark: { code: "proposed-key", because: `is proposed by MSC${proposal}`, spec } };
}

/** The fields of the document itself. */
export const DOCUMENT_FIELDS = {
  contacts: [specified("contacts"), obsolete("admins", "contacts")],
  support_page: [specified("support_page")],
  policies: [proposed("policies", 4266, MSC4266), proposed("org.matrix.msc4266.policies", 4266, MSC4266)],
} as const satisfies Record<string, readonly Spelling[]>;

/** The fields of a contact. */
export const CONTACT_FIELDS = {
  role: [specified("role")],
  matrix_id: [specified("matrix_id"), obsolete("mxid", "matrix_id")],
  email_address: [specified("email_address"), obsolete("email", "email_address")],
  pgp_key: [
    proposed("pgp_key", 4439, MSC4439),
    proposed("dev.zirco.msc4439.pgp_key", 4439, MSC4439),
    {
      key: "dev.zirco.msc4439.encryption",
      remark: { code: "pgp-key-obsolete", because: `is a draft's name for "dev.zirco.msc4439.pgp_key"` },
    },
  ],
} as const satisfies Record<string, readonly Spelling[]>;

/** A field as served: its value, and where it stands. */
export type Member = { readonly node: ValueNode; readonly place: Place };

/** Finds a field in the best of its spellings and remarks on the spelling; null where it has none. */
export function findMember(
  members: ReadonlyMap<string, ValueNode>,
  spellings: readonly Spelling[],
  { path, report }: Place,
): Member | null {
  const [best, ...others] = spellings.filter(({ key }) => members.has(key));
  const node = best === undefined ? undefined : members.get(best.key);
  if (best === undefined || node === undefined) return null;
  const memberPath = pointTo(path, best.key);
  if (best.remark !== null) {
    const { code, because, ...closer } = best.remark;
    report({ code, path: memberPath, message: `${quoteText(best.key)} ${because}`, ...closer });
  }
  for (const { key } of others) {
    const message = `${quoteText(key)} is not read, because ${quoteText(best.key)} is there`;
    report({ code: "superseded-key", path: pointTo(path, key), message });
  }
  return { node, place: { path: memberPath, report } };
}

/** The keys of an object that are read: those of its fields, each by what its misspellings have in common, and others. */
type ReadKeys = { readonly read: ReadonlySet<string>; readonly bySkeleton: ReadonlyMap<string, string> };

function readKeysOf(fields: Readonly<Record<string, readonly Spelling[]>>, others: readonly string[] = []): ReadKeys {
  const keys = Object.values(fields).flatMap((spellings) => spellings.map(({ key }) => key));
  return { read: new Set([...keys, ...others]), bySkeleton: new Map(keys.map((key) => [skeletonOf(key), key])) };
}

/** The keys that are read of the document itself. */
export const DOCUMENT_KEYS = readKeysOf(DOCUMENT_FIELDS, [DIRECTORY_KEY]);
/** The keys that are read of a contact. */
export const CONTACT_KEYS = readKeysOf(CONTACT_FIELDS);

/** Remarks on every key of an object that is not read. */
export function reportUnreadKeys(object: ObjectNode, { read, bySkeleton }: ReadKeys, { path, report }: Place): void {
  const unread = object.members.map(keyOf).filter((key) => !read.has(key));
  for (const key of new Set(unread)) {
    const meant = bySkeleton.get(skeletonOf(key));
    const hint = meant === undefined ? {} : { hint: `Rename it to "${meant}", if it was meant to be read.` };
    report({ code: "unknown-key", path: pointTo(path, key), message: `${quoteText(key)} is not read`, ...hint });
  }
}

/** What misspellings of a key have in common: "supportPage", "_support_page" and "m.support_pages". */
function skeletonOf(key: string): string {
  return key.toLowerCase().replace(/^m\.|[^a-z0-9]|s$/g, "");
}
