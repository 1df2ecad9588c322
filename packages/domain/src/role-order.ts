import type { Purpose } from "./purpose.ts";
import { stableRole } from "./role.ts";
import type { RouteReason } from "./route-method.ts";

/**
 * A step of the order of roles: stable roles; `named`, a custom role whose last word names the purpose
 * (`org.example.abuse`); `unnamed`, a contact without role, which the first draft of MSC1929 made an admin;
 * `page`, a support page that a browser opens (any other comes after every step); `other`, whatever stands nowhere else.
 */
type Step = readonly (
  | "m.role.admin"
  | "m.role.security"
  | "m.role.moderator"
  | "m.role.report_moderator"
  | "m.role.dpo"
  | "named"
  | "unnamed"
  | "other"
  | "page"
)[];

/**
 * The order of roles, best first. Nearly every published contact is an `m.role.admin`: "prefer a contact whose role
 * matches its purpose, then fall back to m.role.admin […], then to any listed contact, then to support_page" (MSC4489).
 *
 * | purpose  | 1                           | 2     | 3         | 4        | 5        | last |
 * | abuse    | moderators, named           | admin | unnamed   | security | other    | page |
 * | security | security, named             | admin | unnamed   |          | other    | page |
 * | privacy  | dpo, named                  | admin | unnamed   | security | other    | page |
 * | legal    | named, dpo                  | admin | unnamed   | security | other    | page |
 * | general  | page ("help specific to the homeserver"), then named | admin | unnamed | other | security |
 */
const ROLE_ORDER: Readonly<Record<Purpose, readonly Step[]>> = {
  abuse: [
    ["m.role.moderator", "m.role.report_moderator", "named"],
    ["m.role.admin"],
    ["unnamed"],
    ["m.role.security"],
    ["other"],
    ["page"],
  ],
  security: [["m.role.security", "named"], ["m.role.admin"], ["unnamed"], ["other"], ["page"]],
  privacy: [["m.role.dpo", "named"], ["m.role.admin"], ["unnamed"], ["m.role.security"], ["other"], ["page"]],
  legal: [["named", "m.role.dpo"], ["m.role.admin"], ["unnamed"], ["m.role.security"], ["other"], ["page"]],
  general: [["page"], ["named"], ["m.role.admin"], ["unnamed"], ["other"], ["m.role.security"]],
};

/** The last word of a custom role that names a purpose. */
const PURPOSE_WORDS: Readonly<Record<Purpose, readonly string[]>> = {
  abuse: ["abuse", "moderation", "moderator", "moderators", "report", "reports", "safety", "trust_and_safety"],
  security: ["security", "cert", "csirt", "psirt"],
  privacy: ["privacy", "dpo", "data_protection"],
  legal: ["legal", "copyright", "dmca", "law_enforcement"],
  general: ["support", "help", "helpdesk", "contact", "info"],
};

export type RankedRole = { readonly rank: number; readonly reason: RouteReason };

/** Where a contact of this role stands for a purpose (0 is best), and why. */
export function rankRole(role: string | null, purpose: Purpose): RankedRole {
  if (role === null || role.trim() === "") {
    return { rank: stepOf(purpose, "unnamed"), reason: { code: "role-missing", message: "listed without a role" } };
  }
  const stable = stableRole(role);
  const named = PURPOSE_WORDS[purpose].includes(stable.toLowerCase().split(".").at(-1) ?? "");
  const own = ROLE_ORDER[purpose].findIndex((step) => step.some((member) => member === stable));
  const rank = own >= 0 ? own : stepOf(purpose, named ? "named" : "other");
  return { rank, reason: explainRole(stable, { fits: rank <= stepOf(purpose, "named"), purpose }) };
}

/** Where the support page stands for a purpose (0 is best), and why. One that no browser opens comes last. */
export function rankSupportPage(purpose: Purpose, page: { readonly opensInBrowser: boolean }): RankedRole {
  const rank = page.opensInBrowser ? stepOf(purpose, "page") : ROLE_ORDER[purpose].length;
  return { rank, reason: { code: "support-page", message: "the server's support page" } };
}

function explainRole(role: string, { fits, purpose }: { fits: boolean; purpose: Purpose }): RouteReason {
  if (fits) return { code: "role-fits", message: `its role is for ${purpose} matters` };
  if (role === "m.role.admin") return { code: "role-catch-all", message: "m.role.admin is for any query" };
  return { code: "role-other", message: `its role is not meant for ${purpose} matters` };
}

function stepOf(purpose: Purpose, member: "named" | "unnamed" | "other" | "page"): number {
  return ROLE_ORDER[purpose].findIndex((step) => step.includes(member));
}
