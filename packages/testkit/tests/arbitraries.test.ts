import { parseMailAddress, parseServerName, parseUserId } from "@switchboard/domain";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  arbitraryDocument,
  arbitraryMailAddress,
  arbitraryServerName,
  arbitraryUserId,
  buildFetchReport,
  buildListing,
  createFixedClock,
  NOON,
} from "../src/index.ts";

test("every generated noun is one the domain's parsers accept", () => {
  fc.assert(fc.property(arbitraryServerName, (name) => parseServerName(name).ok));
  fc.assert(fc.property(arbitraryUserId, (userId) => parseUserId(userId).ok));
  fc.assert(fc.property(arbitraryMailAddress, (address) => parseMailAddress(address).ok));
  fc.assert(
    fc.property(arbitraryDocument, (document) => document.contacts.length > 0 || document.support_page !== null),
  );
});

test("builders take what a test cares about and fill in the rest", () => {
  expect(buildListing({ condition: "absent" })).toMatchObject({ condition: "absent", serverName: "example.org" });
  expect(buildFetchReport({ status: 404, body: null }).end).toMatchObject({
    kind: "response",
    status: 404,
    body: null,
  });
});

test("a fixed clock moves only when told", () => {
  const clock = createFixedClock();
  expect(clock.now()).toBe(NOON);
  expect(clock.advance(5)).toBe(NOON + 5);
  expect(clock.now()).toBe(NOON + 5);
});
