import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { userIdText } from "../tests/identifier-arbitraries.ts";
import { buildDocument, buildListing, type ContactText, listingsByKey, NOW, unwrap } from "../tests/listing-builder.ts";
import { type BriefRoute, briefRoute, MAX_BRIEF_BYTES } from "./brief-route.ts";
import { contactRoute } from "./contact-route.ts";
import { parseEntity } from "./entity.ts";
import type { Listing } from "./listing.ts";
import { PURPOSES } from "./purpose.ts";

function briefOf(text: string, listings: readonly Listing[]): BriefRoute {
  const entity = unwrap(parseEntity(text));
  return briefRoute(contactRoute({ entity, purpose: "abuse", listings: listingsByKey(...listings), now: NOW }));
}

/** As the API sends it: instants as ISO 8601 texts. */
function wireBytes(brief: BriefRoute): number {
  const instants = ["confirmedAt", "since", "at"];
  const json = JSON.stringify(brief, (key, value) =>
    instants.includes(key) && typeof value === "number" ? new Date(value).toISOString() : value,
  );
  return new TextEncoder().encode(json).length;
}

describe("briefRoute", () => {
  test("tells what a bot needs", () => {
    const contacts = [
      { role: "m.role.admin", matrix_id: "@ops:desk.example" },
      { role: "m.role.security", email_address: "security@s.example" },
    ];
    const brief = briefOf("@mallory:s.example", [buildListing("s.example", buildDocument(contacts))]);
    expect(brief).toMatchObject({
      entity: "@mallory:s.example",
      serverName: "s.example",
      summary: "s.example: @ops:desk.example (m.role.admin), else security@s.example (m.role.security); fresh.",
      needsSender: false,
      methods: [
        { kind: "matrix_id", value: "@ops:desk.example", freshness: "fresh", source: { serverName: "s.example" } },
        { kind: "email_address", value: "security@s.example" },
      ],
      setAside: [],
      tried: [],
      omitted: 0,
      rulesVersion: 7,
    });
    expect(brief.html).toBe(
      "<p>s.example: @ops:desk.example (m.role.admin), else security@s.example (m.role.security); fresh.</p>" +
        '<ol><li><a href="https://matrix.to/#/%40ops%3Adesk.example" rel="nofollow noreferrer">@ops:desk.example</a></li>' +
        '<li><a href="mailto:security@s.example" rel="nofollow noreferrer">security@s.example</a></li></ol>',
    );
  });

  test("escapes what was published", () => {
    const contacts = [
      { role: "<script>", matrix_id: '@"><img src=x onerror=alert(1)>\n:desk.example' },
      { role: "m.role.admin", email_address: '"<b>&\'"@desk.example' },
    ];
    const { html, summary } = briefOf("s.example", [buildListing("s.example", buildDocument(contacts))]);
    expect(html.replace(/<\/?(?:p|ol|li)>|<a href="[^"<>]*" rel="nofollow noreferrer">|<\/a>/g, "")).not.toMatch(
      /[<>"']/,
    );
    expect(html).toContain("&#60;img src=x onerror=alert(1)&#62;");
    expect(summary).not.toContain("\n");
  });

  test(`stays under ${MAX_BRIEF_BYTES} bytes, and says what it left out`, () => {
    const contacts = Array.from({ length: 30 }, (_, index) => ({
      role: "m.role.admin",
      email_address: `desk-number-${index}@desk.example`,
    }));
    const brief = briefOf("s.example", [buildListing("s.example", buildDocument(contacts))]);
    expect(wireBytes(brief)).toBeLessThan(MAX_BRIEF_BYTES);
    expect(brief.methods.length).toBeGreaterThanOrEqual(3);
    expect(brief.omitted).toBe(30 - brief.methods.length);
  });

  test("stays in bounds whatever was published and whatever is asked", () => {
    const contact = fc
      .record({ role: fc.string({ unit: "binary", maxLength: 300 }), matrix_id: userIdText })
      .map(({ role, matrix_id }): ContactText => ({ role, matrix_id }));
    const page = fc.option(fc.webUrl({ size: "large" }).filter((url) => url.length <= 2_048));
    const contacts = fc.array(contact, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(userIdText, contacts, page, fc.constantFrom(...PURPOSES), (text, contacts, page, purpose) => {
        const entity = unwrap(parseEntity(text));
        if (entity.kind !== "user") throw new Error("the arbitrary makes user IDs");
        const listing = buildListing(entity.serverName, buildDocument(contacts, page), { condition: "unreachable" });
        const route = contactRoute({ entity, purpose, listings: listingsByKey(listing), now: NOW });
        const brief = briefRoute(route);
        expect(wireBytes(brief)).toBeLessThan(MAX_BRIEF_BYTES);
        expect(brief.summary).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect([...brief.summary].length).toBeLessThanOrEqual(240);
        expect(brief.methods.length + brief.omitted).toBe(route.servers[0]?.methods.length);
      }),
    );
  });

  test("stays in bounds for the longest identifiers there are", () => {
    const controls = `@${"\u0001".repeat(200)}:s.example`;
    const wide = `#${"\u{1f680}".repeat(58)}:s.example`;
    const longName = `${"a".repeat(255)}:65535`;
    const manyServers = `#r:s.example?${Array.from({ length: 20 }, (_, index) => `via=${"x".repeat(80)}${index}.example`).join("&")}`;
    for (const text of [controls, wide, longName, manyServers]) {
      expect(wireBytes(briefOf(text, []))).toBeLessThan(MAX_BRIEF_BYTES);
    }
  });
});
