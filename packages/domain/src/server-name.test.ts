import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/server-name.json" with { type: "json" };
import { anyText, serverNameText } from "../tests/identifier-arbitraries.ts";
import {
  hostnameOf,
  isAddressLiteral,
  parseHostname,
  parseServerName,
  portOf,
  type ServerName,
  serverKeyOf,
  withoutRootDot,
} from "./server-name.ts";

function serverName(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe("parseServerName", () => {
  test.each(corpus.valid)("accepts $text", ({ text, hostname, port, addressLiteral }) => {
    const name = serverName(text);
    expect(name).toBe(text);
    expect(hostnameOf(name)).toBe(hostname);
    expect(portOf(name)).toBe(port);
    expect(isAddressLiteral(hostnameOf(name))).toBe(addressLiteral);
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseServerName(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseServerName(text);
        if (parsed.ok) expect(parsed.value).toBe(text);
      }),
    );
  });

  test("accepts whatever the grammar makes, in any case", () => {
    fc.assert(
      fc.property(serverNameText, (text) => {
        const name = serverName(text);
        expect(serverKeyOf(name)).toBe(text.toLowerCase());
        expect(hostnameOf(serverName(text.toUpperCase()))).toBe(hostnameOf(name));
        expect(serverKeyOf(serverName(text.toUpperCase()))).toBe(serverKeyOf(name));
      }),
    );
  });

  test("names the value, cut and on one line", () => {
    const parsed = parseServerName(`exam\u202eple\n${"x".repeat(400)}`);
    if (parsed.ok) throw new Error("this is no server name");
    expect(parsed.error.message).toContain("exam\\u{202e}ple\\u{a}");
    expect(parsed.error.message.length).toBeLessThan(250);
  });
});

describe("parseHostname", () => {
  test("reads a hostname back as it is", () => {
    fc.assert(
      fc.property(serverNameText, (text) => {
        const hostname = hostnameOf(serverName(text));
        expect(parseHostname(hostname)).toEqual({ ok: true, value: hostname });
      }),
    );
  });

  test("has no port", () => {
    expect(parseHostname("example.org:8448").ok).toBe(false);
    expect(parseHostname("[::1]:8448").ok).toBe(false);
  });
});

test.each([
  ["example.org.", "example.org"],
  ["Example.org.:8448", "Example.org:8448"],
  ["example.org", "example.org"],
  ["example.org:8448", "example.org:8448"],
  ["example.org..", "example.org.."],
  [".", "."],
  ["[2001:db8::1]:8448", "[2001:db8::1]:8448"],
  ["192.0.2.1", "192.0.2.1"],
])("%s is %s without the dot of the root", (text, expected) => {
  expect(withoutRootDot(serverName(text))).toBe(expected);
});
