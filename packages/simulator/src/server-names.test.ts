import { hostnameOf, parseServerName } from "@switchboard/domain";
import { describe, expect, it } from "vitest";
import { buildServerNames } from "./server-names.ts";

describe("buildServerNames", () => {
  it("gives 50,000 hostnames, no two the same, each one label below the suffix", () => {
    const hostnames = buildServerNames(50_000, "fed.test").map((name) => {
      const parsed = parseServerName(name);
      return parsed.ok ? hostnameOf(parsed.value) : name;
    });
    expect(new Set(hostnames).size).toBe(50_000);
    for (const hostname of hostnames) expect(hostname).toMatch(/^[a-z]+(-[a-z]+)?(-[0-9]+)?\.fed\.test$/);
  });

  it("begins with the same names, however many are asked for, and gives some a port", () => {
    const many = buildServerNames(300, "fed.test");
    expect(buildServerNames(20, "fed.test")).toEqual(many.slice(0, 20));
    expect(many[0]).toBe("alder.fed.test");
    expect(many.filter((name) => name.endsWith(":8448")).length).toBe(5);
  });
});
