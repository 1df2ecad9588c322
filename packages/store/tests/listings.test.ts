import { addMs, type ServerKey } from "@switchboard/domain";
import { buildDocument, NOON, toServerKey } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addNames, type Directory, documentOutcome, openDirectory, probe } from "./directory.ts";

const SERVERS = 12;
const names = Array.from({ length: SERVERS }, (_, index) => `server-${index}.example.org`);
let directory: Directory;

beforeAll(async () => {
  directory = await openDirectory();
  await addNames(directory.store, names);
}, 60_000);
afterAll(() => directory.close());

function keyOf(index: number): ServerKey {
  return toServerKey(`server-${index}.example.org`);
}

test("a write committed before a look-up began is always seen, however many look-ups are under way", async () => {
  const { store } = directory;
  const committed = Array.from({ length: SERVERS }, () => 0);
  let reading = true;
  let lookUps = 0;
  const pageOf = (round: number) => `https://example.org/support/${round}`;
  const readers = Array.from({ length: 24 }, async (_, reader) => {
    for (let step = reader; reading; step += 1) {
      const index = step % SERVERS;
      const atLeast = committed[index] ?? 0;
      const listing = await store.findListing(keyOf(index));
      const seen = Number(listing?.published?.document.support_page?.split("/").at(-1) ?? 0);
      expect(seen).toBeGreaterThanOrEqual(atLeast);
      lookUps += 1;
    }
  });
  for (let round = 1; round <= 4; round += 1) {
    for (let index = 0; index < SERVERS; index += 1) {
      const outcome = documentOutcome(buildDocument({ support_page: pageOf(round) }));
      await probe(store, `server-${index}.example.org`, outcome, addMs(NOON, round * 60_000));
      committed[index] = round;
      const atOnce = await store.findListing(keyOf(index));
      expect(atOnce?.published?.document.support_page).toBe(pageOf(round));
    }
  }
  reading = false;
  await Promise.all(readers);
  expect(lookUps).toBeGreaterThan(SERVERS * 4);
}, 60_000);

test("a thousand names are found in one go, those that are not held left out", async () => {
  const asked = [...names.map(toServerKey), ...Array.from({ length: 988 }, (_, i) => toServerKey(`none-${i}.test`))];
  const found = await directory.store.findListings(asked);
  expect([...found.keys()]).toEqual(names);
  expect(found.get(keyOf(3))?.serverName).toBe(keyOf(3));
});
