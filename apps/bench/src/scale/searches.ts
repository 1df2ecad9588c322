import { FRESHNESS_POLICY, type Instant, type ServerKey } from "@switchboard/domain";
import type { ListingSearch } from "@switchboard/store";
import { RARE_ROLE, SHARED_LABELS } from "./template-servers.ts";

/** A way to search the directory: its stable name, what it does, and the search for some known server's name. */
export type SearchKind = {
  readonly name: string;
  readonly what: string;
  readonly build: (known: ServerKey) => Partial<ListingSearch>;
};

/** The label that is a server's own: the others are shared by thousands. */
function ownLabel(name: string): string {
  return name.split(".").find((label) => !SHARED_LABELS.has(label)) ?? name;
}
/** Two neighbouring letters swapped, as people mistype. */
const mistyped = (label: string) => `${label.slice(0, 2)}${label[3] ?? ""}${label[2] ?? ""}${label.slice(4)}`;

/** Every way of the API and the page to search, among them the worst that we know. */
export function searchKinds(now: Instant): readonly SearchKind[] {
  const stale = { state: "stale", now, policy: FRESHNESS_POLICY } as const;
  const aging = { ...stale, state: "aging" } as const;
  return [
    { name: "prefix", what: "two letters", build: (known) => ({ q: known.slice(0, 2) }) },
    { name: "substring", what: "part of a name", build: (known) => ({ q: ownLabel(known).slice(1, 6) }) },
    { name: "name", what: "a whole name", build: (known) => ({ q: known }) },
    { name: "mail", what: "a mail address", build: (known) => ({ q: `abuse@${known}` }) },
    {
      name: "mail-part",
      what: "part of a mail address, with a key",
      build: (known) => ({ q: `abuse@${ownLabel(known).slice(0, 5)}`, contactMatch: "substring" }),
    },
    { name: "typo", what: "a mistyped name", build: (known) => ({ q: mistyped(ownLabel(known)) }) },
    { name: "all-by-change", what: "everything, the latest changed first", build: () => ({ sort: "changed" }) },
    {
      name: "condition-by-confirmed",
      what: "a condition, the latest confirmed first",
      build: () => ({ condition: "document", sort: "confirmed" }),
    },
    { name: "role-by-name", what: "a rare role by name", build: () => ({ role: RARE_ROLE }) },
    {
      name: "role-by-confirmed",
      what: "a rare role, the latest confirmed first",
      build: () => ({ role: RARE_ROLE, sort: "confirmed" }),
    },
    {
      name: "role-by-change",
      what: "a rare role, the latest changed first",
      build: () => ({ role: RARE_ROLE, sort: "changed" }),
    },
    { name: "aging-by-name", what: "what is aging, by name", build: () => ({ freshness: aging }) },
    { name: "stale-by-name", what: "what is stale, by name", build: () => ({ freshness: stale }) },
    {
      name: "stale-by-confirmed",
      what: "what is stale, the latest confirmed first",
      build: () => ({ freshness: stale, sort: "confirmed" }),
    },
    {
      name: "stale-by-change",
      what: "what is stale, the latest changed first",
      build: () => ({ freshness: stale, sort: "changed" }),
    },
  ];
}
