/**
 * A role of the spec or of an open proposal, in every spelling under which it is served.
 * A role is "an informal description of what the contact methods are used for" (client-server API, "Getting support information").
 */
export type KnownRole = {
  readonly stable: string;
  /** What it is for, in the words of its source. */
  readonly meaning: string;
  /** `specified`: in the spec. `proposed`: an open MSC. */
  readonly status: "specified" | "proposed";
  readonly proposal: number;
  /** Spelling while the proposal is open. */
  readonly unstable: readonly string[];
  /** Spellings of the drafts of MSC1929, still served. */
  readonly drafts: readonly string[];
};

export const KNOWN_ROLES = [
  {
    stable: "m.role.admin",
    meaning: "a catch-all for any queries",
    status: "specified",
    proposal: 1929,
    unstable: [],
    drafts: ["admin", "org.matrix.admin"],
  },
  {
    stable: "m.role.security",
    meaning: "sensitive requests",
    status: "specified",
    proposal: 1929,
    unstable: [],
    drafts: ["security", "org.matrix.security"],
  },
  {
    stable: "m.role.moderator",
    meaning: "moderation, where it is not the administrators' work",
    status: "proposed",
    proposal: 4121,
    unstable: ["support.feline.msc4121.role.moderator"],
    drafts: [],
  },
  {
    stable: "m.role.report_moderator",
    meaning: "reports that are handled in rooms",
    status: "proposed",
    proposal: 4226,
    unstable: [],
    drafts: [],
  },
  {
    stable: "m.role.dpo",
    meaning: "data protection",
    status: "proposed",
    proposal: 4265,
    unstable: ["org.matrix.msc4265.role.dpo"],
    drafts: [],
  },
] as const satisfies readonly KnownRole[];

/** The stable spelling of a role that we know. */
export type StableRole = (typeof KNOWN_ROLES)[number]["stable"];

const ROLES_BY_SPELLING: ReadonlyMap<string, KnownRole> = new Map(
  KNOWN_ROLES.flatMap((role: KnownRole) =>
    [role.stable, ...role.unstable, ...role.drafts].map((spelling) => [spelling, role] as const),
  ),
);

/** The role that is meant by this exact spelling, null where we know none. */
export function findKnownRole(spelling: string): KnownRole | null {
  return ROLES_BY_SPELLING.get(spelling) ?? null;
}

/**
 * The stable spelling of a role as an operator wrote it, to compare roles by: unstable and draft spellings become the
 * stable one, also with other case and spaces around. A role we do not know stays as written.
 */
export function stableRole(role: string): string {
  return findKnownRole(role.trim().toLowerCase())?.stable ?? role;
}
