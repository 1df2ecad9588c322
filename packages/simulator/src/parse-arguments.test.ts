import { describe, expect, it } from "vitest";
import { EVEN_MIX, PLAUSIBLE_MIX } from "./mix.ts";
import { parseArguments } from "./parse-arguments.ts";

describe("parseArguments", () => {
  it("needs no argument", () => {
    expect(parseArguments([])).toEqual({
      ok: true,
      value: {
        names: 300,
        mix: PLAUSIBLE_MIX,
        documents: null,
        suffix: "fed.test",
        seed: 1,
        wellKnownPort: 0,
        dnsPort: 0,
        controlPort: 0,
      },
    });
  });

  it("takes them all", () => {
    const argv = "--names 2 --mix even --documents d --suffix s.test --seed 3 --port 4 --dns-port 5 --control-port 6";
    expect(parseArguments(argv.split(" "))).toEqual({
      ok: true,
      value: {
        names: 2,
        mix: EVEN_MIX,
        documents: "d",
        suffix: "s.test",
        seed: 3,
        wellKnownPort: 4,
        dnsPort: 5,
        controlPort: 6,
      },
    });
  });

  it.each([
    [["--names", "many"], "--names many: write a whole number from 0 to 100000"],
    [["--names", "-1"], "--names"],
    [["--port", "70000"], "--port 70000"],
    [["--mix", "odd"], "--mix odd: write plausible or even"],
    [["--loud"], "--loud"],
    [["300"], "300"],
  ])("refuses %j", (argv, reason) => {
    expect(parseArguments(argv)).toEqual({ ok: false, error: expect.stringContaining(reason) });
  });
});
