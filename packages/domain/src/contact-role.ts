import type { ValueNode } from "@humanwhocodes/momoa";
import { type Place, readText } from "./document-text.ts";
import { quoteText } from "./identifier-error.ts";
import { parseNamespacedId } from "./namespaced-id.ts";
import { findKnownRole, type KnownRole, stableRole } from "./role.ts";

const MAX_ROLE_CHARACTERS = 255;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Reads a `role`, kept as written; null where it is no text that could be shown. */
export function readRole(node: ValueNode, place: Place): string | null {
  const role = readText(node, place);
  if (role === null) return null;
  remarkOnRole(role, place);
  return role === "" || role.length > MAX_ROLE_CHARACTERS || INVISIBLE.test(role) ? null : role;
}

function remarkOnRole(role: string, { path, report }: Place): void {
  const known = findKnownRole(role);
  if (known !== null) {
    remarkOnKnownRole(role, known, { path, report });
    return;
  }
  const parsed = parseNamespacedId(role);
  if (!parsed.ok) {
    const meant = findKnownRole(stableRole(role));
    const hint = meant === null ? {} : { hint: `Write "${meant.stable}".` };
    report({ code: "role-malformed", path, message: parsed.error.message, ...hint });
    return;
  }
  switch (parsed.value.namespace) {
    case "matrix":
      report({ code: "role-reserved", path, message: `${quoteText(role)} is no role of the spec` });
      return;
    case "none":
      report({ code: "role-not-namespaced", path, message: `${quoteText(role)} has no namespace` });
      return;
    case "vendor":
      report({ code: "role-custom", path, message: `${quoteText(role)} is a role of your own` });
      return;
  }
}

function remarkOnKnownRole(role: string, known: KnownRole, { path, report }: Place): void {
  const spec = `https://github.com/matrix-org/matrix-spec-proposals/pull/${known.proposal}`;
  if (known.drafts.includes(role)) {
    const message = `${quoteText(role)} is the spelling of a draft for "${known.stable}"`;
    report({ code: "role-obsolete", path, message, hint: `Write "${known.stable}".` });
  } else if (known.status === "proposed") {
    const message = `${quoteText(role)} (${known.meaning}) is proposed by MSC${known.proposal}`;
    report({ code: "role-proposed", path, message, spec });
  }
}
