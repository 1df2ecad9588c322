import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/event-id.json" with { type: "json" };
import { anyText, eventIdText } from "../tests/identifier-arbitraries.ts";
import { parseEventId } from "./event-id.ts";

describe("parseEventId", () => {
  test.each(corpus.valid)("accepts $text", ({ text, ...expected }) => {
    expect(parseEventId(text)).toEqual({ ok: true, value: { eventId: text, ...expected } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseEventId(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, eventIdText), (text) => {
        const parsed = parseEventId(text);
        if (parsed.ok) expect(parsed.value.eventId).toBe(text);
        else expect(parsed.error.message).not.toBe("");
      }),
    );
  });

  test("accepts whatever the grammar makes", () => {
    fc.assert(fc.property(eventIdText, (text) => parseEventId(text).ok));
  });
});
