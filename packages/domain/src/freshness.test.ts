import { describe, expect, test } from "vitest";
import { freshnessOf } from "./freshness.ts";
import { addMs, DAY_MS, type Instant, toInstant } from "./instant.ts";
import type { Condition } from "./listing.ts";
import { parseSupportDocument } from "./parse-support-document.ts";
import type { PublishedContent } from "./server-state.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21));
const ago = (days: number): Instant => addMs(NOW, -days * DAY_MS);

function publishedContent(): PublishedContent {
  const parsed = parseSupportDocument(new TextEncoder().encode('{"support_page":"https://example.org/help"}'));
  if (parsed.shape !== "usable") throw new Error(parsed.shape);
  return { ...parsed, since: ago(400) };
}

describe("freshnessOf", () => {
  test.each<[string, "contacts" | "nothing", Condition, number | null, number | null, string, string[]]>([
    ["never asked", "nothing", "unprobed", null, null, "unknown", ["never-probed"]],
    ["asked and never answered", "nothing", "unreachable", 1, null, "unknown", ["never-answered", "unreachable"]],
    ["seen today", "contacts", "document", 0, 0, "fresh", ["confirmed"]],
    ["seen within the longest interval", "contacts", "document", 8, 8, "fresh", ["confirmed"]],
    ["not seen for longer", "contacts", "document", 9, 9, "aging", ["not-confirmed-lately"]],
    ["not seen for a month", "contacts", "document", 31, 31, "stale", ["not-confirmed-for-long"]],
    ["publishes nothing and says so", "nothing", "absent", 1, 1, "fresh", ["confirmed"]],
    ["gone at the last look", "contacts", "absent", 0, 1, "aging", ["absence-unconfirmed"]],
    ["an outage of a day", "contacts", "unreachable", 0, 1, "aging", ["unreachable"]],
    ["an outage of a month", "contacts", "unreachable", 0, 31, "stale", ["not-confirmed-for-long", "unreachable"]],
    ["a soft 404", "contacts", "unusable", 0, 2, "aging", ["unusable"]],
    ["a forbidden address", "contacts", "refused", 0, 9, "aging", ["not-confirmed-lately", "refused"]],
  ])("%s", (_name, published, condition, probedDaysAgo, confirmedDaysAgo, state, codes) => {
    const freshness = freshnessOf(
      {
        published: published === "contacts" ? { ...publishedContent(), revision: 1 } : null,
        condition,
        conditionSince: null,
        lastProbedAt: probedDaysAgo === null ? null : ago(probedDaysAgo),
        lastConfirmedAt: confirmedDaysAgo === null ? null : ago(confirmedDaysAgo),
      },
      NOW,
    );
    expect(freshness.state).toBe(state);
    expect(freshness.reasons.map(({ code }) => code)).toEqual(codes);
  });
});
