/** Words of which simulated servers are named: plain, and nobody's. */
const TREES = [
  "alder",
  "almond",
  "apple",
  "ash",
  "aspen",
  "bamboo",
  "baobab",
  "beech",
  "birch",
  "bramble",
  "cedar",
  "cherry",
  "chestnut",
  "clover",
  "cypress",
  "dogwood",
  "elder",
  "elm",
  "fennel",
  "fern",
  "fig",
  "fir",
  "ginkgo",
  "gorse",
  "hawthorn",
  "hazel",
  "heather",
  "hemlock",
  "holly",
  "hornbeam",
  "ivy",
  "jasmine",
  "juniper",
  "larch",
  "laurel",
  "lavender",
  "lemon",
  "lilac",
  "linden",
  "magnolia",
  "maple",
  "medlar",
  "mimosa",
  "mulberry",
  "myrtle",
  "nettle",
  "oak",
  "olive",
  "osier",
  "palm",
  "pear",
  "pine",
  "plane",
  "plum",
  "poplar",
  "privet",
  "quince",
  "redwood",
  "rowan",
  "sorrel",
  "spruce",
  "sumac",
  "tamarind",
  "teak",
  "thistle",
  "walnut",
  "willow",
  "yarrow",
  "yew",
  "zelkova",
] as const;

const PLACES = [
  "bay",
  "bridge",
  "brook",
  "cafe",
  "camp",
  "club",
  "coop",
  "cottage",
  "court",
  "dale",
  "dock",
  "farm",
  "field",
  "forge",
  "garden",
  "gate",
  "grove",
  "guild",
  "hall",
  "harbour",
  "haven",
  "hill",
  "house",
  "inn",
  "island",
  "lab",
  "lane",
  "library",
  "lodge",
  "market",
  "meadow",
  "mill",
  "office",
  "orchard",
  "park",
  "press",
  "quay",
  "ridge",
  "school",
  "shed",
  "society",
  "square",
  "station",
  "street",
  "studio",
  "terrace",
  "tower",
  "valley",
  "village",
  "works",
  "yard",
] as const;

/** Every so many names carry a port, as server names may; the document is asked for at the hostname all the same. */
const PORT_EVERY = 67;
const PORT_AT = 11;

/**
 * The first `count` server names of a simulated federation, each another hostname directly below `suffix`:
 * `alder.fed.test`, …, `alder-bay.fed.test`, …, `alder-bay-2.fed.test`, ….
 */
export function buildServerNames(count: number, suffix: string): string[] {
  return Array.from({ length: count }, (_, n) => {
    const port = n % PORT_EVERY === PORT_AT ? ":8448" : "";
    return `${labelOf(n)}.${suffix}${port}`;
  });
}

function labelOf(n: number): string {
  const tree = TREES[n % TREES.length];
  const round = Math.floor(n / TREES.length);
  if (round === 0) return `${tree}`;
  const place = PLACES[(round - 1) % PLACES.length];
  const lap = Math.floor((round - 1) / PLACES.length);
  return lap === 0 ? `${tree}-${place}` : `${tree}-${place}-${lap + 1}`;
}
