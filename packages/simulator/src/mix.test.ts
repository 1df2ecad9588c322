import { describe, expect, it } from "vitest";
import { EVERY_BEHAVIOUR } from "./behaviour.ts";
import { assignBehaviours, EVEN_MIX, PLAUSIBLE_MIX } from "./mix.ts";

const WAITING_FAMILIES = ["excess", "connection", "dns"];

describe("assignBehaviours", () => {
  it("has every behaviour where there is room", () => {
    for (const mix of [PLAUSIBLE_MIX, EVEN_MIX]) {
      const assigned = assignBehaviours({ count: 300, seed: 1, mix });
      expect(assigned).toHaveLength(300);
      expect(new Set(assigned)).toEqual(new Set([...assigned, ...EVERY_BEHAVIOUR]));
    }
  });

  it("draws by weight where there is none", () => {
    const assigned = assignBehaviours({ count: 100, seed: 1, mix: PLAUSIBLE_MIX });
    const documents = assigned.filter(({ family }) => family === "document").length;
    expect(documents).toBeGreaterThan(35);
    expect(documents).toBeLessThan(75);
  });

  it("keeps nobody waiting in the plausible mix: refusals and missing names come at once", () => {
    const slow = PLAUSIBLE_MIX.map(({ behaviour }) => behaviour).filter(({ family }) =>
      WAITING_FAMILIES.includes(family),
    );
    expect(slow).toEqual([
      { family: "connection", how: "refused" },
      { family: "dns", how: "name-error" },
    ]);
  });

  it("refuses a mix of nothing", () => {
    expect(() => assignBehaviours({ count: 1, seed: 1, mix: [] })).toThrow(RangeError);
  });
});
