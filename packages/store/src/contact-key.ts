import { mailKeyOf, parseMailAddress, parseUserId, userKeyOf } from "@switchboard/domain";

/** The column of `contacts` that a look-up for exactly this text goes to, and the key to look for. */
export function contactKeysOf(q: string): { readonly column: "value_key" | "mail_domain"; readonly key: string } {
  const user = parseUserId(q);
  if (user.ok) return { column: "value_key", key: userKeyOf(user.value.userId) };
  const mail = parseMailAddress(q);
  if (mail.ok) return { column: "value_key", key: mailKeyOf(mail.value) };
  return { column: "mail_domain", key: q.toLowerCase() };
}
