import type { ValueNode } from "@humanwhocodes/momoa";
import { type Place, readText } from "./document-text.ts";
import type { Remark } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";
import { type MailAddress, parseMailAddress } from "./mail-address.ts";
import { parseMatrixTo } from "./matrix-to.ts";
import { parseMatrixUri } from "./matrix-uri.ts";
import { unwrapPasted } from "./pasted-text.ts";
import { decodePercent } from "./percent-encoding.ts";
import { type ParsedUserId, parseUserId, type UserId } from "./user-id.ts";

/** Reads a `matrix_id`; null where it names no user even with what people put around it taken off. */
export function readMatrixId(node: ValueNode, place: Place): UserId | null {
  const { path, report } = place;
  const text = readText(node, place);
  if (text === null) return null;
  const parsed = parseUserId(text);
  const user = parsed.ok ? parsed.value : recoverUser(text);
  if (!parsed.ok) {
    const remark: Omit<Remark, "path"> =
      user === null
        ? { code: "matrix-id-malformed", message: parsed.error.message, hint: hintAtUser(text) ?? parsed.error.hint }
        : { code: "decorated-value", ...describeRecovery(text, user.userId) };
    report({ ...remark, path });
  }
  if (user !== null) remarkOnGrade(user, place);
  return user?.userId ?? null;
}

/** A mail address, or the Matrix ID that stands in its place. */
export type ReadMail = { readonly address: MailAddress | null; readonly misplaced: UserId | null };

/** Reads an `email_address`, with what people put around it taken off. */
export function readMailAddress(node: ValueNode, place: Place): ReadMail {
  const { path, report } = place;
  const text = readText(node, place);
  if (text === null) return { address: null, misplaced: null };
  const parsed = parseMailAddress(text);
  if (parsed.ok) return { address: parsed.value, misplaced: null };
  const recovered = recoverMailAddress(text);
  if (recovered !== null) {
    report({ code: "decorated-value", path, ...describeRecovery(text, recovered) });
    return { address: recovered, misplaced: null };
  }
  const user = parseUserId(text);
  report({
    code: "email-address-malformed",
    path,
    message: user.ok ? `${quoteText(text)} is a Matrix ID, not a mail address` : parsed.error.message,
    hint: user.ok ? "Write it as matrix_id." : (hintAtMail(text) ?? parsed.error.hint),
  });
  return { address: null, misplaced: user.ok ? user.value.userId : null };
}

/** The address in a text that was meant to be a mail address: `mailto:` links, a display name before `<…>`, white space. */
export function recoverMailAddress(text: string): MailAddress | null {
  const inBrackets = /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text;
  const bare = unwrapPasted(inBrackets);
  const link = /^mailto:(?:\/\/)?([^?]*)/i.exec(bare)?.[1];
  const parsed = parseMailAddress(link === undefined ? bare : unwrapPasted(decodePercent(link)));
  return parsed.ok ? parsed.value : null;
}

/** The user in a text that was meant to be a Matrix ID: matrix.to links, `matrix:` URIs, white space, `<…>`. */
export function recoverUser(text: string): ParsedUserId | null {
  const bare = unwrapPasted(text);
  const plain = parseUserId(bare);
  if (plain.ok) return plain.value;
  const link = parseMatrixTo(bare);
  const parsed = link.ok ? link : parseMatrixUri(bare);
  return parsed.ok && parsed.value.reference.kind === "user" ? parsed.value.reference : null;
}

function describeRecovery(served: string, read: string): { message: string; hint: string } {
  return { message: `${quoteText(served)} is read as ${quoteText(read)}`, hint: `Write ${quoteText(read)}.` };
}

function hintAtUser(text: string): string | null {
  if (text.trim() === "") return "Leave the key out where there is no Matrix ID.";
  return parseMailAddress(text).ok ? "This looks like a mail address: write it as email_address." : null;
}

function hintAtMail(text: string): string | null {
  if (text.trim() === "") return "Leave the key out where there is no mail address.";
  const addresses = text.split("@").length - 1;
  return addresses > 1 ? "Write one address; each other one belongs into a contact of its own." : null;
}

function remarkOnGrade(user: ParsedUserId, { path, report }: Place): void {
  if (user.grade === "historical") {
    const message = `the localpart of ${quoteText(user.userId)} has characters that new user IDs may not have`;
    report({ code: "matrix-id-historical", path, message });
  }
  if (user.grade === "non-compliant") {
    const what = user.localpart === "" ? "is empty" : "has characters outside U+0021 to U+007E";
    report({ code: "matrix-id-non-compliant", path, message: `the localpart of ${quoteText(user.userId)} ${what}` });
  }
}
