import { DAY_MS } from "@switchboard/domain";
import type { ListingSearch } from "@switchboard/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addNames, type Directory, openDirectory, unreachable, walk } from "./directory.ts";

let directory: Directory;

const LABELS = ["kde", "envs", "mozil", "alpha-beta", "9-grossmutters-gartenlaube"] as const;

beforeAll(async () => {
  directory = await openDirectory();
  await addNames(directory.store, [
    ...LABELS.map((label) => `${label}.example.org`),
    "alpha-beta.example.org:8448",
    "mozilla.example.org",
    "hub",
    "im.nordlicht.example.net",
    "matrix.nordlicht.example.net",
    // More than a page shows, and all of them before the one above.
    ...Array.from({ length: 30 }, (_, place) => `matrix.a${place}.example.net`),
  ]);
  await walk(directory.store, "mozil.example.org", [unreachable("dns-not-found")], DAY_MS);
}, 60_000);
afterAll(() => directory.close());

async function search(q: string, filters: Partial<ListingSearch> = {}) {
  const found = await directory.store.searchListings({ contactMatch: "exact", sort: "name", limit: 20, q, ...filters });
  if (!found.ok) throw new Error(found.error.message);
  return { match: found.value.match, names: found.value.items.map(({ serverName }) => String(serverName)) };
}

/** The label with each kind of slip at its beginning, in its middle and at its end. */
function mistype(label: string): readonly string[] {
  const middle = Math.floor(label.length / 2);
  return [0, 1, middle, label.length - 2, label.length - 1].flatMap((place) => {
    const [before, here, after] = [label.slice(0, place), label.charAt(place), label.slice(place + 1)];
    const swapped = `${before}${after.slice(0, 1)}${here}${after.slice(1)}`;
    return [
      swapped,
      `${before}${after}`,
      `${before}w${here}${after}`,
      `${before}${here}w${after}`,
      `${before}w${after}`,
    ];
  });
}

describe("a mistyped name", () => {
  test.each(LABELS)("of %s is found: letters swapped, missing, too many or wrong, wherever they are", async (label) => {
    for (const typed of mistype(label)) {
      expect((await search(`${typed}.example.org`)).names[0], typed).toBe(`${label}.example.org`);
      // By its first label alone, too, unless that is too short to tell.
      if (typed.length < 3) continue;
      for (const q of [typed, `${typed}.test`]) expect((await search(q)).names, q).toContain(`${label}.example.org`);
    }
  });

  test("is found where the slip is behind the first label, before all that share this", async () => {
    for (const q of ["matrix.nordlciht.example.net", "matrix.nordlicht.exmple.net", "matrixnordlicht.example.net"]) {
      expect(await search(q), q).toMatchObject({ match: "similar", names: { 0: "matrix.nordlicht.example.net" } });
    }
    expect((await search("matrix.nordlciht.example.net")).names).toHaveLength(20);
    expect((await search("im.nordlicht.example.ent")).names).toEqual(["im.nordlicht.example.net"]);
  });

  test("is found where it has one label, or another port", async () => {
    expect((await search("hbu")).names).toEqual(["hub"]);
    expect((await search("alpha-bet.example.org")).names).toEqual([
      "alpha-beta.example.org",
      "alpha-beta.example.org:8448",
    ]);
  });

  test("lists the most alike first", async () => {
    expect((await search("mozill.test")).names).toEqual(["mozilla.example.org", "mozil.example.org"]);
    expect((await search("mozill.test", { limit: 1 })).names).toEqual(["mozilla.example.org"]);
  });

  test("is found with more than one slip where the rest of the first label is alike", async () => {
    const name = "9-grossmutters-gartenlaube.example.org";
    for (const q of ["9-grosmutters-gartnelaube", "9-gartenlaube-grossmutters"]) {
      expect(await search(q), q).toEqual({ match: "similar", names: [name] });
    }
  });

  test("is found among those that pass the filters only", async () => {
    const filters = { condition: "unreachable" } as const;
    expect((await search("mozill.test", filters)).names).toEqual(["mozil.example.org"]);
    expect((await search("mozill.example.org", filters)).names).toEqual(["mozil.example.org"]);
    expect((await search("alhpa-beta", filters)).names).toEqual([]);
  });

  test("lists nothing that is too different", async () => {
    for (const q of ["zzzzzz", "kdeconnect", "edk", "gardening", "nordwind.example.net", "im.nordwind.example.net"]) {
      expect(await search(q), q).toEqual({ match: "exact", names: [] });
    }
  });

  test("is no address", async () => {
    for (const q of ["@alhpa-beta", "mozill.a@example.org"]) {
      expect(await search(q), q).toEqual({ match: "exact", names: [] });
    }
  });
});
