import type { Severity } from "./finding.ts";
import { type CatalogueEntry, FINDING_CATALOGUE } from "./finding-catalogue.ts";
import { RULES_VERSION } from "./parse-support-document.ts";

const SECTIONS: readonly { readonly severity: Severity; readonly title: string; readonly meaning: string }[] = [
  {
    severity: "error",
    title: "Errors",
    meaning: "break a MUST of the specification. A document with an error is at most `usable`.",
  },
  {
    severity: "warning",
    title: "Warnings",
    meaning: "will hurt somebody, or break an open proposal. They leave a document `valid`.",
  },
  { severity: "info", title: "Infos", meaning: "are worth knowing." },
];

const INTRODUCTION = `# Findings

<!-- Generated from packages/domain/src/finding-catalogue.ts by \`npm run generate\`. -->

Every remark that Switchboard makes on a support document or its delivery. The codes are stable; the message of a
finding names the value, its \`path\` is a JSON pointer (RFC 6901) to what was served. This is version ${RULES_VERSION} of the rules,
the \`rulesVersion\` that goes with every verdict:

- \`valid\`: no error.
- \`usable\`: errors, yet at least one contact method or the support page can be used.
- \`unusable\`: nothing in it can be used.
`;

/** The Markdown page that lists every finding: docs/findings.md is this text. */
export function toFindingsPage(): string {
  const entries = Object.entries<CatalogueEntry>(FINDING_CATALOGUE);
  const sections = SECTIONS.map(({ severity, title, meaning }) => {
    const chapters = entries.filter(([, entry]) => entry.severity === severity).map(toChapter);
    return `\n## ${title}\n\n${title} ${meaning}\n${chapters.join("")}`;
  });
  return INTRODUCTION + sections.join("");
}

/** A heading for each code, so that it can be linked to: `docs/findings.md#role-missing`. */
function toChapter([code, { title, hint, spec }]: [string, CatalogueEntry]): string {
  return `\n### \`${code}\`\n\n${escapeMarkdown(title)}. ${escapeMarkdown(hint)} (${toLink(spec)})\n`;
}

function toLink(url: string): string {
  const proposal = /\/pull\/(\d+)$/.exec(url)?.[1];
  const request = /\/rfc(\d+)#section-([\d.]+)$/.exec(url);
  if (proposal !== undefined) return `[MSC${proposal}](${url})`;
  if (request !== null) return `[RFC ${request[1]} §${request[2]}](${url})`;
  return `[specification](${url})`;
}

/** Angle brackets, underscores and asterisks mean something to Markdown. */
function escapeMarkdown(text: string): string {
  return text.replace(/[<*_]/g, "\\$&");
}
