import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeCandidate, parseCandidate } from "./candidate.ts";
import { parseServerName } from "./server-name.ts";

const codeOf = (text: string, reach: "public" | "private") => {
  const parsed = parseCandidate(text, reach);
  return parsed.ok ? null : parsed.error.code;
};

test.each([
  "matrix.org",
  "Example.org:8448",
  "xn--bcher-kva.example",
  "s1.fed.test",
  "1.1.1.1",
  "8.8.8.8:8448",
  "[2606:4700:4700::1111]",
  "home.example.org",
  "local.example.org",
])("%s is worth probing", (text) => {
  expect(codeOf(text, "public")).toBeNull();
});

test.each([
  ["printer.local", "candidate-reserved"],
  ["PRINTER.LOCAL:8448", "candidate-reserved"],
  ["abc.onion", "candidate-reserved"],
  ["localhost", "candidate-reserved"],
  ["synapse.localhost", "candidate-reserved"],
  ["a.invalid", "candidate-reserved"],
  ["matrix.internal", "candidate-reserved"],
  ["router.home.arpa", "candidate-reserved"],
  ["a.alt", "candidate-reserved"],
  ["synapse", "candidate-not-a-domain"],
  ["192.168.1", "candidate-not-a-domain"],
  ["127.0.0.1", "candidate-address"],
  ["10.0.0.1:8448", "candidate-address"],
  ["100.64.0.1", "candidate-address"],
  ["0.0.0.0", "candidate-address"],
  ["[::1]", "candidate-address"],
  ["[fe80::1]:8448", "candidate-address"],
  ["[fd00::1]", "candidate-address"],
  ["[::ffff:10.0.0.1]", "candidate-address"],
])("%s is hopeless on the internet (%s), and fine in a network of one's own", (text, code) => {
  expect(codeOf(text, "public")).toBe(code);
  expect(codeOf(text, "private")).toBeNull();
});

test.each([
  [`${"a.".repeat(113)}org1`, null],
  [`${"a.".repeat(114)}org`, "candidate-too-long"],
  [`${"a".repeat(63)}.example.org`, null],
  [`${"a".repeat(64)}.example.org`, "candidate-label"],
  ["example.org.", "candidate-label"],
  [".example.org", "candidate-label"],
  ["example..org", "candidate-label"],
  ["exa mple.org", "server-name-character"],
])("%s is judged alike everywhere", (text, code) => {
  expect(codeOf(text, "public")).toBe(code);
  expect(codeOf(text, "private")).toBe(code);
});

test("a name is kept as given or refused with a reason that names it and a way on", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9.-]{1,40}$/);
  const names = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(names, fc.constantFrom("public" as const, "private" as const), (text, reach) => {
      const parsed = parseServerName(text);
      fc.pre(parsed.ok);
      const judged = judgeCandidate(parsed.value, reach);
      if (judged.ok) {
        expect(judged.value).toBe(text);
      } else {
        expect(judged.error.code).toMatch(/^candidate-/);
        expect(judged.error.message).toContain(text.slice(0, 90));
        expect(judged.error.hint).not.toBe("");
      }
    }),
  );
});
