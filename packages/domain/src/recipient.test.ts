import { describe, expect, test } from "vitest";
import { buildDocument, buildListing, listingsByKey, NOW, unwrap } from "../tests/listing-builder.ts";
import { contactRoute } from "./contact-route.ts";
import { parseEntity } from "./entity.ts";
import { groupByRecipient } from "./recipient.ts";

describe("groupByRecipient", () => {
  const listings = listingsByKey(
    buildListing("a.example", buildDocument([{ role: "m.role.admin", email_address: "desk@HOSTER.example" }])),
    buildListing("b.example", buildDocument([{ role: "m.role.security", email_address: "desk@hoster.example" }])),
    buildListing("c.example", buildDocument([{ role: "m.role.admin", matrix_id: "@c:c.example" }])),
    buildListing("d.example", null),
  );
  const routes = (texts: readonly string[]) =>
    texts.map((text) => contactRoute({ entity: unwrap(parseEntity(text)), purpose: "abuse", listings, now: NOW }));

  test("makes one report for each operator, in the order of first appearance", () => {
    const texts = ["@1:a.example", "@2:c.example", "@3:B.example", "mxc://a.example/4", "@5:d.example", "@6:e.example"];
    const recipients = groupByRecipient(routes(texts));
    expect(
      recipients.map(({ method, entities }) => [method.value, entities.map(({ entity }) => entity.given)]),
    ).toEqual([
      ["desk@HOSTER.example", ["@1:a.example", "@3:B.example", "mxc://a.example/4"]],
      ["@c:c.example", ["@2:c.example"]],
    ]);
  });

  test("says as what an entity is reported there, which need not be the accused's server", () => {
    const recipients = groupByRecipient(routes([`!${"A".repeat(43)}?via=d.example&via=c.example`, "@1:c.example"]));
    expect(recipients).toHaveLength(1);
    expect(recipients[0]?.entities.map(({ serverName, relation }) => [serverName, relation])).toEqual([
      ["c.example", "participant"],
      ["c.example", "author"],
    ]);
  });

  test("makes 37 reports of 1,000 entities of 37 operators", () => {
    const many = listingsByKey(
      ...Array.from({ length: 37 }, (_, index) =>
        buildListing(`s${index}.example`, buildDocument([{ email_address: `desk@o${index}.example` }])),
      ),
    );
    const recipients = groupByRecipient(
      Array.from({ length: 1_000 }, (_, index) => `@u${index}:s${index % 37}.example`).map((text) =>
        contactRoute({ entity: unwrap(parseEntity(text)), purpose: "abuse", listings: many, now: NOW }),
      ),
    );
    expect(recipients).toHaveLength(37);
    expect(recipients.reduce((sum, { entities }) => sum + entities.length, 0)).toBe(1_000);
  });
});
