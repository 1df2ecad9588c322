import type { DirectoryWish } from "./directory-wish.ts";
import type { Finding } from "./finding.ts";
import { toFinding } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";
import { toPrintable } from "./printable-text.ts";
import { type Hostname, isAddressLiteral } from "./server-name.ts";

/** What the TXT records of a name say to directories; `malformed` where one was meant to say something and does not. */
export type DirectoryRecord =
  | { readonly kind: DirectoryWish }
  | {
      readonly kind: "malformed";
      /** The record, cut and made printable. */
      readonly text: string;
    };

/** The label under which a name's records are: underscored, so that it is no hostname (RFC 8552). */
const LABEL = "_switchboard";
/** RFC 1035 §2.3.4, written with dots. */
const MAX_DNS_NAME_CHARACTERS = 253;
/** More than anybody needs: what a zone says beyond is not looked at. */
const MAX_RECORDS = 32;
const MAX_RECORD_CHARACTERS = 512;
const MAX_SHOWN_CHARACTERS = 100;

/**
 * Where a hostname's TXT records to directories are, `_switchboard.{hostname}`; null where there can be none: address
 * literals, and names so long that nothing fits before them.
 */
export function directoryRecordNameOf(hostname: Hostname): string | null {
  const name = `${LABEL}.${hostname}`;
  return isAddressLiteral(hostname) || name.length > MAX_DNS_NAME_CHARACTERS ? null : name;
}

/**
 * Reads the TXT records of a name, each as its character strings, which belong together without anything between them
 * (RFC 7208 §3.3). The grammar is that of other underscored records, in any case:
 *
 *     v=switchboard1; directory=no
 *
 * Tags are parted by semicolons, `v` is the first, `directory` is `no` or `yes`, and other tags are left alone. Records
 * that are not ours, as a wildcard brings them in, are passed over: null where there is none of ours. One `no` is enough.
 */
export function parseDirectoryRecords(records: readonly (readonly string[])[]): DirectoryRecord | null {
  const ours = records
    .slice(0, MAX_RECORDS)
    .map(joinStrings)
    .flatMap((text) => readRecord(text) ?? []);
  return (
    ours.find(({ kind }) => kind === "not-listed") ?? ours.find(({ kind }) => kind === "malformed") ?? ours[0] ?? null
  );
}

/** Remarks on the records of a name, where they do not say what they were meant to. They concern no place of the document. */
export function findDirectoryRecordFindings(record: DirectoryRecord | null): Finding[] {
  if (record?.kind !== "malformed") return [];
  return [
    toFinding({ code: "directory-record-malformed", path: "", message: `the TXT record is ${quoteText(record.text)}` }),
  ];
}

/** A record may have thousands of strings: joined no further than can be read. */
function joinStrings(strings: readonly string[]): string {
  let text = "";
  for (const string of strings) {
    text += string;
    if (text.length > MAX_RECORD_CHARACTERS) break;
  }
  return text.slice(0, MAX_RECORD_CHARACTERS + 1);
}

function readRecord(text: string): DirectoryRecord | null {
  // Also with the quotation marks of a zone file in it, which is how many a form at a registrar gets it wrong.
  if (!/^[\s"']*v\s*=\s*switchboard/i.test(text)) return null;
  const malformed: DirectoryRecord = { kind: "malformed", text: toPrintable(text, MAX_SHOWN_CHARACTERS) };
  if (text.length > MAX_RECORD_CHARACTERS) return malformed;
  const [version, ...tags] = text.toLowerCase().split(";").map(toTag);
  if (version?.name !== "v" || version.value !== "switchboard1") return malformed;
  const [wish, ...others] = tags.filter(({ name }) => name === "directory");
  if (wish === undefined || others.length > 0) return malformed;
  if (wish.value === "no") return { kind: "not-listed" };
  return wish.value === "yes" ? { kind: "listed" } : malformed;
}

function toTag(text: string): { readonly name: string; readonly value: string } {
  const [name = "", ...rest] = text.split("=");
  return { name: name.trim(), value: rest.join("=").trim() };
}
