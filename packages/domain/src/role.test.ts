import { describe, expect, it } from "vitest";
import { findKnownRole, KNOWN_ROLES, stableRole } from "./role.ts";

describe("stableRole", () => {
  it.each([
    ["m.role.admin", "m.role.admin"],
    ["admin", "m.role.admin"],
    ["org.matrix.admin", "m.role.admin"],
    [" Admin ", "m.role.admin"],
    ["security", "m.role.security"],
    ["org.matrix.security", "m.role.security"],
    ["support.feline.msc4121.role.moderator", "m.role.moderator"],
    ["org.matrix.msc4265.role.dpo", "m.role.dpo"],
    ["m.role.report_moderator", "m.role.report_moderator"],
    ["m.role.abuse", "m.role.abuse"],
    ["support", "support"],
    ["Our Team", "Our Team"],
    ["", ""],
  ])("%j is %j", (role, stable) => {
    expect(stableRole(role)).toBe(stable);
  });

  it("is idempotent", () => {
    for (const { stable, unstable, drafts } of KNOWN_ROLES) {
      for (const spelling of [stable, ...unstable, ...drafts]) expect(stableRole(stableRole(spelling))).toBe(stable);
    }
  });

  it("is not fooled by names that every object has", () => {
    expect(findKnownRole("constructor")).toBeNull();
    expect(stableRole("__proto__")).toBe("__proto__");
  });
});
