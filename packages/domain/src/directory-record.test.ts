import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directoryRecordNameOf, findDirectoryRecordFindings, parseDirectoryRecords } from "./directory-record.ts";
import { type Hostname, parseHostname } from "./server-name.ts";

function hostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function kindOf(...texts: string[]) {
  return parseDirectoryRecords(texts.map((text) => [text]))?.kind ?? null;
}

describe("the name of the record", () => {
  it("is below the hostname", () => {
    expect(directoryRecordNameOf(hostname("matrix.example.org"))).toBe("_switchboard.matrix.example.org");
  });

  it("is none for literals and where it would not fit", () => {
    expect(directoryRecordNameOf(hostname("192.0.2.1"))).toBeNull();
    expect(directoryRecordNameOf(hostname("[2001:db8::1]"))).toBeNull();
    expect(directoryRecordNameOf(hostname(`${"a.".repeat(119)}b`))).toHaveLength(252);
    expect(directoryRecordNameOf(hostname(`${"a.".repeat(120)}bc`))).toBeNull();
  });
});

describe("a record", () => {
  it.each([
    "v=switchboard1; directory=no",
    "v=switchboard1;directory=no",
    " V = Switchboard1 ; Directory = NO ; ",
    "v=switchboard1; contact=a=b; directory=no;; x",
  ])("says no: %j", (text) => expect(kindOf(text)).toBe("not-listed"));

  it("says yes", () => expect(kindOf("v=switchboard1; directory=yes")).toBe("listed"));

  it.each([
    "v=switchboard1",
    "v=switchboard",
    "v=switchboard2; directory=no",
    "v=switchboard1 directory=no",
    "v=switchboard1; directory=off",
    "v=switchboard1; directory=",
    "v=switchboard1; directory",
    "v=switchboard1; direcotry=no",
    "v=switchboard1; directory=no; directory=no",
    "v=switchboard1; directory=no; directory=yes",
    '"v=switchboard1; directory=no"',
    `v=switchboard1; directory=no; ${"x".repeat(500)}`,
  ])("says nothing, and was meant to: %j", (text) => expect(kindOf(text)).toBe("malformed"));

  it.each([
    "",
    "v=spf1 -all",
    "directory=no",
    "directory=no; v=switchboard1",
    "switchboard1; directory=no",
    "v=DMARC1; directory=no",
  ])("is somebody else's: %j", (text) => expect(kindOf(text)).toBeNull());

  it("is all of its strings, joined without anything between them", () => {
    expect(parseDirectoryRecords([["v=switchboard1; dir", "ectory=", "no"]])).toEqual({ kind: "not-listed" });
    expect(parseDirectoryRecords([[]])).toBeNull();
    expect(parseDirectoryRecords([])).toBeNull();
  });

  it("that says no is enough, wherever it stands", () => {
    const [no, yes, bad] = ["v=switchboard1; directory=no", "v=switchboard1; directory=yes", "v=switchboard1"];
    expect(kindOf("v=spf1 -all", yes, no)).toBe("not-listed");
    expect(kindOf(no, bad)).toBe("not-listed");
    expect(kindOf(yes, bad)).toBe("malformed");
    expect(kindOf(...Array.from({ length: 32 }, () => "x"), no)).toBeNull();
  });

  it("of thousands of strings is read no further than it can count", () => {
    const strings = ["v=switchboard1; directory=no;", ...Array.from({ length: 65_000 }, () => "")];
    expect(parseDirectoryRecords([strings])?.kind).toBe("not-listed");
    expect(parseDirectoryRecords([[...strings, "x".repeat(10_000)]])?.kind).toBe("malformed");
  });

  it("has an answer for any text, and quotes it so that it can be printed", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }).map((end) => `v=switchboard1;${end}`),
    );
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 5 }), { maxLength: 5 }), (records) => {
        const found = parseDirectoryRecords(records);
        if (found?.kind !== "malformed") return;
        expect(found.text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(findDirectoryRecordFindings(found)).toHaveLength(1);
      }),
    );
  });
});
