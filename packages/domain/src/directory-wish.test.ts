import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIRECTORY_KEY } from "./directory-wish.ts";
import { parseNamespacedId } from "./namespaced-id.ts";
import { parseSupportDocument } from "./parse-support-document.ts";

const CONTACTS = [{ role: "m.role.admin", email_address: "admin@example.org" }];

function parseWith(value: unknown) {
  return parseText(JSON.stringify({ contacts: CONTACTS, [DIRECTORY_KEY]: value }));
}

function parseText(text: string) {
  const { directoryWish, findings } = parseSupportDocument(new TextEncoder().encode(text));
  const codes = findings.map(({ code, path }) => `${code} ${path}`).filter((line) => !line.startsWith("no-security"));
  return { directoryWish, codes };
}

const MALFORMED = { directoryWish: null, codes: [`directory-key-malformed /${DIRECTORY_KEY}`] };

describe("the key that speaks to directories", () => {
  it("is an identifier as the specification wants it", () => {
    expect(parseNamespacedId(DIRECTORY_KEY)).toMatchObject({ ok: true, value: { namespace: "vendor" } });
  });

  it("says yes or no, whatever else its object says", () => {
    const no = { directoryWish: "not-listed", codes: [`asks-not-to-be-listed /${DIRECTORY_KEY}/listed`] };
    expect(parseWith({ listed: false })).toEqual(no);
    expect(parseWith({ since: "2026", listed: false })).toEqual(no);
    expect(parseWith({ listed: true })).toEqual({ directoryWish: "listed", codes: [] });
  });

  it("says nothing where it is not there", () => {
    expect(parseText(JSON.stringify({ contacts: CONTACTS }))).toEqual({ directoryWish: null, codes: [] });
    expect(parseText(JSON.stringify({ contacts: [{ ...CONTACTS[0], [DIRECTORY_KEY]: { listed: false } }] }))).toEqual({
      directoryWish: null,
      codes: [`unknown-key /contacts/0/${DIRECTORY_KEY}`],
    });
  });

  it.each([
    false,
    true,
    null,
    "no",
    0,
    [],
    [{ listed: false }],
    {},
    { Listed: false },
    { listed: "no" },
    { listed: null },
  ])("is no wish and a finding where it is %j", (value) => expect(parseWith(value)).toEqual(MALFORMED));

  it("counts as most parsers read it where it stands twice", () => {
    const text = (first: boolean, second: boolean) =>
      `{"contacts": ${JSON.stringify(CONTACTS)}, "${DIRECTORY_KEY}": {"listed": ${first}}, "${DIRECTORY_KEY}": {"listed": ${second}}}`;
    expect(parseText(text(true, false)).directoryWish).toBe("not-listed");
    expect(parseText(text(false, true)).directoryWish).toBe("listed");
  });

  it("is a wish only where listed is false, whatever stands there", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const isNo = typeof value === "object" && value !== null && Reflect.get(value, "listed") === false;
        expect(parseWith(value).directoryWish === "not-listed").toBe(isNo);
      }),
    );
  });
});
