import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { createAddressGuard } from "./address-guard.ts";

/** IANA's special-purpose registries (IPv4 and IPv6, 2026), and multicast, which they leave out. */
const SPECIAL_IPV4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"],
];
const SPECIAL_IPV6 = [
  ...["::/128", "::1/128", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001:1::1/128"],
  ...[
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
  ],
  ...["2001:30::/28", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10"],
  ...["fec0::/10", "ff00::/8"],
];

const PUBLIC_IPV4 = [
  "1.0.0.1",
  "8.8.8.8",
  "93.184.216.34",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.0.1",
  "223.255.255.255",
];

const vet = createAddressGuard([]);

/** Addresses in a network, its first and last among them. */
function addressesIn(cidr: string): fc.Arbitrary<ipaddr.IPv4 | ipaddr.IPv6> {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  const bytes = network.toByteArray();
  const width = BigInt(bytes.length * 8);
  const first = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const last = first + (1n << (width - BigInt(bits))) - 1n;
  return fc
    .oneof(fc.constant(first), fc.constant(last), fc.bigInt({ min: first, max: last }))
    .map((value) =>
      ipaddr.fromByteArray(bytes.map((_, index) => Number((value >> (width - 8n * BigInt(index + 1))) & 0xffn))),
    );
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function paddedTextOf(address: ipaddr.IPv6): string {
  return address.parts.map((part) => hex(part, 4)).join(":");
}

/** The forms in which an IPv4 address can hide in an IPv6 one (RFC 4291, 3056, 6052, 4380). */
function ipv6FormsOf(address: ipaddr.IPv4): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.toByteArray();
  const high = hex((a << 8) | b, 4);
  const low = hex((c << 8) | d, 4);
  const inverted = `${hex(0xffff ^ ((a << 8) | b), 4)}:${hex(0xffff ^ ((c << 8) | d), 4)}`;
  return [
    `::ffff:${address}`,
    `::ffff:${high}:${low}`,
    `::FFFF:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `::${high}:${low}`,
    `2002:${high}:${low}::1`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b::${address}`,
    `2001:0:${high}:${low}:0:0:f7f7:f7f7`,
    `2001:0:808:808:0:0:${inverted}`,
  ];
}

/** The ways in which people write an IPv4 address that a URL parser understands. */
function urlFormsOf(address: ipaddr.IPv4): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.toByteArray();
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  return [
    address.toString(),
    `${whole}`,
    `0x${whole.toString(16)}`,
    `0${a.toString(8)}.0x${hex(b, 2)}.${c}.${d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}。${b}．${c}｡${d}`,
    `${address}.`,
    `[::ffff:${address}]`,
  ];
}

describe("createAddressGuard", () => {
  test.each([...SPECIAL_IPV4, ...SPECIAL_IPV6])("lets nothing of %s through, in any spelling", (cidr) => {
    fc.assert(
      fc.property(addressesIn(cidr), (address) => {
        const spellings = [
          address.toString(),
          address.toNormalizedString(),
          address.toNormalizedString().toUpperCase(),
          ...(address instanceof ipaddr.IPv6 ? [paddedTextOf(address)] : ipv6FormsOf(address)),
        ];
        for (const spelling of spellings) expect(vet(spelling), spelling).toBeNull();
      }),
    );
  });

  test.each(SPECIAL_IPV4)("lets nothing of %s through once a URL was parsed", (cidr) => {
    fc.assert(
      fc.property(addressesIn(cidr), (address) => {
        if (!(address instanceof ipaddr.IPv4)) return;
        for (const form of urlFormsOf(address)) {
          const { hostname } = new URL(`https://${form}/`);
          expect(vet(hostname.replace(/^\[|\]$/g, "")), form).toBeNull();
        }
      }),
    );
  });

  test("lets public addresses through, in the canonical spelling", () => {
    for (const address of PUBLIC_IPV4) expect(vet(address)).toBe(address);
    expect(vet("2606:4700:0:0:0:0:0:1111")).toBe("2606:4700::1111");
    expect(vet("2A00:1450::1")).toBe("2a00:1450::1");
    expect(vet("::ffff:8.8.8.8")).toBe("8.8.8.8");
  });

  test("lets tunnelled and translated forms of public addresses through", () => {
    for (const address of PUBLIC_IPV4) {
      const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(address).toByteArray();
      const parts = `${hex((a << 8) | b, 4)}:${hex((c << 8) | d, 4)}`;
      expect(vet(`64:ff9b::${parts}`), address).not.toBeNull();
      expect(vet(`2002:${parts}::1`), address).not.toBeNull();
    }
    expect(vet("2001:0:808:808:0:0:f7f7:f7f7")).not.toBeNull();
  });

  test("lets nothing outside 2000::/3 through but translated addresses", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xff }), { minLength: 16, maxLength: 16 }), (bytes) => {
        const address = ipaddr.fromByteArray(bytes).toNormalizedString();
        if (vet(address) !== null) expect((bytes[0] ?? 0) >> 5).toBe(1);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never throws, whatever the text, and vets only addresses", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => vet(text) === null));
    for (const text of [
      "",
      "127.1",
      "0x7f.0.0.1",
      "010.0.0.1",
      "fe80::1%eth0",
      "8.8.8.8%1",
      "[::1]",
      "8.8.8.8:53",
      "example.org",
    ]) {
      expect(vet(text), text).toBeNull();
    }
  });

  test("lets the allowed networks through besides, and only those", () => {
    const lenient = createAddressGuard(["127.0.0.0/8", "fd00::/8"]);
    expect(lenient("127.1.2.3")).toBe("127.1.2.3");
    expect(lenient("::ffff:127.0.0.1")).toBe("127.0.0.1");
    expect(lenient("fd12::1")).toBe("fd12::1");
    expect(lenient("8.8.8.8")).toBe("8.8.8.8");
    expect(lenient("10.0.0.1")).toBeNull();
    expect(lenient("::1")).toBeNull();
    expect(lenient("64:ff9b::7f00:1")).toBeNull();
  });

  test("refuses a network that is no CIDR", () => {
    for (const text of ["127.0.0.1", "127.0.0.0/33", "loopback", ""]) {
      expect(() => createAddressGuard([text]), text).toThrow(TypeError);
    }
  });
});
