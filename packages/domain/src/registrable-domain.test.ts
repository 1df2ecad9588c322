import fc from "fast-check";
import { expect, test } from "vitest";
import { domainsAbove, registrableDomainOf } from "./registrable-domain.ts";
import { type Hostname, parseHostname } from "./server-name.ts";

function toHostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

test.each([
  ["matrix.example.org", "example.org"],
  ["example.org", "example.org"],
  ["example.org.", "example.org"],
  ["a.b.example.co.uk", "example.co.uk"],
  // Private suffixes count: the tenants of a hoster are strangers to each other.
  ["matrix.somebody.github.io", "somebody.github.io"],
  ["s1.fed.test", "fed.test"],
  ["co.uk", null],
  ["github.io", null],
  ["localhost", null],
  ["192.0.2.1", null],
  ["[2001:db8::1]", null],
])("%s lies at or under %s", (host, domain) => {
  expect(registrableDomainOf(toHostname(host))).toBe(domain);
});

test.each([
  ["a.b.example.org", ["a.b.example.org", "b.example.org", "example.org", "org"]],
  ["Example.org.", ["example.org", "org"]],
  ["1.2.3.4.5.6.7.example.org", ["2.3.4.5.6.7.example.org", "3.4.5.6.7.example.org"]],
])("the domains above %s begin with %j", (host, domains) => {
  const above = domainsAbove(toHostname(host));
  expect(above.slice(0, domains.length)).toEqual(domains);
  expect(above.length).toBeLessThanOrEqual(8);
});

test("a registrable domain is among the domains above its hostnames", () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
  const suffix = fc.constantFrom("org", "co.uk", "github.io", "test");
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 12 }), suffix, (labels, end) => {
      const hostname = toHostname([...labels, end].join("."));
      const domain = registrableDomainOf(hostname);
      expect(domain === null ? [] : [domain]).toEqual(domainsAbove(hostname).filter((above) => above === domain));
    }),
  );
});
