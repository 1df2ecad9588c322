/** A number in [0, 2³²) that looks random and depends on the text only (FNV-1a, then a finaliser for the low bits). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A sequence of numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomSequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order that depends on the random numbers only (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result: T[] = [];
  for (const item of items) {
    const at = Math.floor(random() * (result.length + 1));
    const displaced = result[at];
    if (displaced === undefined) result.push(item);
    else {
      result[at] = item;
      result.push(displaced);
    }
  }
  return result;
}

/** Which of the items a text picks; the same text picks the same item. Throws RangeError where there is none. */
export function pickByText<T>(items: readonly T[], text: string): T {
  const picked = items[hashText(text) % items.length];
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}
