import { buildDocument, NOON } from "@switchboard/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toRevision } from "./revision.ts";

test("the bytes as served can be had back from the wire form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, text) => {
      for (const raw of [bytes, new TextEncoder().encode(`\ufeff${text}`)]) {
        const { asServed } = toRevision("example.org", {
          revision: 1,
          fingerprint: "0",
          firstSeenAt: NOON,
          verdict: "valid",
          rulesVersion: 1,
          raw,
          document: buildDocument(),
          findings: [],
        });
        const back =
          asServed.encoding === "base64"
            ? Uint8Array.from(atob(asServed.content), (character) => character.charCodeAt(0))
            : new TextEncoder().encode(asServed.content);
        expect(back).toEqual(Uint8Array.from(raw));
        expect(asServed.bytes).toBe(raw.byteLength);
      }
    }),
  );
});
