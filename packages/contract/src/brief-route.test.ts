import {
  briefRoute,
  type ContactRoute,
  contactRoute,
  type Listing,
  parseEntity,
  type ServerKey,
} from "@switchboard/domain";
import { arbitraryDocument, buildListing, buildPublished, NOON, toServerKey } from "@switchboard/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toBriefRoute } from "./brief-route.ts";

function routeOf(entity: string, listing: Listing | null): ContactRoute {
  const parsed = parseEntity(entity);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const listings = new Map<ServerKey, Listing>(listing === null ? [] : [[toServerKey("example.org"), listing]]);
  return contactRoute({ entity: parsed.value, purpose: "abuse", listings, now: NOON });
}

test("whatever is published, the brief form stays under 2 kB and is one line that a bot can print", () => {
  fc.assert(
    fc.property(arbitraryDocument, fc.string({ unit: "binary", maxLength: 60 }), (document, junk) => {
      const contacts = document.contacts.map((contact) => ({
        ...contact,
        role: `${contact.role ?? ""}${junk.repeat(5)}`,
      }));
      const published = { ...buildPublished({ document: { ...document, contacts } }), revision: 1 };
      const brief = toBriefRoute(briefRoute(routeOf("@a:example.org", buildListing({ published }))));
      expect(new TextEncoder().encode(JSON.stringify(brief)).byteLength).toBeLessThan(2_000);
      expect(brief.summary).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(
        brief.html.replaceAll(/<\/?(?:p|ol|li|a)(?: href="[^"<>]*" rel="nofollow noreferrer")?>/g, ""),
      ).not.toMatch(/[<>"]/);
    }),
  );
});

test("an unknown server and an entity without a server have a brief form, too", () => {
  expect(toBriefRoute(briefRoute(routeOf("@a:example.org", null)))).toMatchObject({
    serverName: "example.org",
    methods: [],
  });
  const event = routeOf("$143273582443PhrSnAAAAAAAAAAAAAAAAAAAAAAAAAAA", null);
  expect(toBriefRoute(briefRoute(event))).toMatchObject({
    serverName: null,
    methods: [],
    tried: [],
    rulesVersion: null,
  });
});
