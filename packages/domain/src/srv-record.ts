/** One SRV record (RFC 2782). `target` has no dot at its end, so that the root, which offers nothing, is empty. */
export type SrvRecord = {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
};

/** More than anybody runs: what a zone says beyond is not looked at. */
export const MAX_SRV_RECORDS = 16;

/**
 * SRV records in the order in which they are to be tried (RFC 2782, "Usage rules"): the lowest priority first, and inside
 * a priority at random in proportion to the weights. `random` gives numbers in [0, 1). Only the first 16 are answered.
 */
export function orderSrvRecords(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  // Cut before drawing, which takes time in proportion to the square of the count.
  const considered = records.toSorted((one, other) => one.priority - other.priority).slice(0, MAX_SRV_RECORDS);
  const priorities = Map.groupBy(considered, (record) => record.priority);
  return [...priorities.values()].flatMap((equals) => drawByWeight(equals, random));
}

function drawByWeight(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  // Records of no weight stand first, so that they have a small chance of being drawn before the others.
  const left = records.toSorted((one, other) => Math.sign(one.weight) - Math.sign(other.weight));
  const drawn: SrvRecord[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    const mark = Math.floor(random() * (sum + 1));
    let running = 0;
    const at = left.findIndex(({ weight }) => {
      running += weight;
      return running >= mark;
    });
    drawn.push(...left.splice(at, 1));
  }
  return drawn;
}
