import { expect, test } from "vitest";
import { boundedDomainOf } from "./name-bound.ts";
import { parseHostname } from "./server-name.ts";

test.each([
  ["matrix.example.org", "example.org"],
  ["a.b.example.co.uk", "example.co.uk"],
  // A hoster's tenants count together: its wildcard answers for all of them.
  ["somebody.github.io", "github.io"],
  ["x.somebody.github.io", "github.io"],
  ["s1.fed.test", "fed.test"],
  ["co.uk", "co.uk"],
  ["synapse", "synapse"],
  ["192.0.2.1", "address literals"],
  ["[2001:db8::1]", "address literals"],
])("%s counts under %s", (text, domain) => {
  const hostname = parseHostname(text);
  expect(hostname.ok && boundedDomainOf(hostname.value)).toBe(domain);
});
