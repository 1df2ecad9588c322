import { describe, expect, it } from "vitest";
import { EVERY_BEHAVIOUR } from "./behaviour.ts";
import { serveVerbatim } from "./behaviours/document-behaviour.ts";
import { parseBehaviour } from "./parse-behaviour.ts";

describe("parseBehaviour", () => {
  it("reads back every behaviour from its JSON", () => {
    for (const behaviour of [...EVERY_BEHAVIOUR, serveVerbatim(Uint8Array.from([1, 2, 255]))]) {
      expect(parseBehaviour(JSON.parse(JSON.stringify(behaviour)))).toEqual({ ok: true, value: behaviour });
    }
  });

  it("fills in what goes without saying", () => {
    expect(parseBehaviour({ family: "document", document: "admin-both" })).toMatchObject({
      value: { delivery: "plain" },
    });
    expect(parseBehaviour({ family: "status", status: 503 })).toMatchObject({ value: { retryAfterSeconds: null } });
  });

  it.each([
    [undefined, "a behaviour is a JSON object"],
    [[], "a behaviour is a JSON object"],
    [{}, "family: nothing is none of document"],
    [{ family: "odd" }, 'family: "odd" is none of document'],
    [{ family: "dns", how: "odd" }, 'how: "odd" is none of name-error'],
    [{ family: "document", document: "odd" }, 'document: "odd" is none of admin-mail'],
    [{ family: "document", document: "admin-both", delivery: "odd" }, 'delivery: "odd" is none of plain'],
    [{ family: "status", status: 200 }, "status: 200 is none of 201"],
    [{ family: "status", status: 503, retryAfterSeconds: -1 }, "retryAfterSeconds: -1"],
    [{ family: "verbatim" }, "base64: "],
    [{ family: "verbatim", base64: "", contentType: "a\r\nb: c" }, "contentType: "],
    [{ family: "scripted", steps: [] }, "steps: at least one"],
    [{ family: "scripted", steps: {} }, "steps: an array"],
    [{ family: "scripted", steps: [{ family: "odd" }] }, "steps/0: family"],
    [{ family: "scripted", steps: [{ family: "dns", how: "silence" }] }, "steps/0: dns is not an answer"],
  ])("refuses %j", (value, message) => {
    expect(parseBehaviour(value)).toEqual({ ok: false, error: expect.stringContaining(message) });
  });
});
