import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRedirect, portOfUrl } from "./redirect.ts";

const FROM = new URL("https://example.org/.well-known/matrix/support");

function decide(location: string | null, status = 302) {
  return decideRedirect({ status, location, from: FROM, wellKnownPort: 444 });
}

function followed(location: string): string | null {
  const decision = decide(location);
  return decision.kind === "follow" ? decision.url.href : null;
}

function reasonFor(location: string): string | null {
  const decision = decide(location);
  return decision.kind === "declined" ? decision.end.reason : null;
}

describe("decideRedirect", () => {
  test.each([301, 302, 303, 307, 308])("follows a %i", (status) => {
    expect(decide("/elsewhere", status).kind).toBe("follow");
  });

  test.each([200, 201, 204, 300, 304, 305, 306, 399, 404, 500])("takes a %i as the end", (status) => {
    expect(decide("/elsewhere", status)).toEqual({ kind: "end" });
  });

  test.each([null, "", "https://", "https://[::1", "https://a b/", "http://0x100.1.1.1.1/"])(
    "takes a redirect to %j as the end",
    (location) => {
      expect(decide(location)).toEqual({ kind: "end" });
    },
  );

  test.each([
    ["/static/support.json", "https://example.org/static/support.json"],
    ["support", "https://example.org/.well-known/matrix/support"],
    ["//www.example.org/a?b#c", "https://www.example.org/a?b"],
    ["https://WWW.EXAMPLE.ORG:443/x", "https://www.example.org/x"],
    ["https://0x7f.1/", "https://127.0.0.1/"],
    ["https://example.org:444/", "https://example.org:444/"],
    ["https://example.org:1024/", "https://example.org:1024/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
  ])("resolves %s", (location, href) => {
    expect(followed(location)).toBe(href);
  });

  test.each([
    ["http://example.org/", "redirect-to-http"],
    ["HTTP:example.org", "redirect-to-http"],
    ["http://user@example.org/", "redirect-to-http"],
    ["ftp://example.org/", "redirect-to-other-scheme"],
    ["file:///etc/passwd", "redirect-to-other-scheme"],
    ["data:application/json,{}", "redirect-to-other-scheme"],
    ["javascript:alert(1)", "redirect-to-other-scheme"],
    ["https://user@example.org/", "redirect-with-credentials"],
    ["https://:secret@example.org/", "redirect-with-credentials"],
    ["https://example.org:22/", "redirect-to-forbidden-port"],
    ["https://example.org:1023/", "redirect-to-forbidden-port"],
    ["https://example.org:0/", "redirect-to-forbidden-port"],
    ["https://example.org:80/", "redirect-to-forbidden-port"],
  ])("declines %s", (location, reason) => {
    expect(reasonFor(location)).toBe(reason);
  });

  test("keeps credentials out of what is told of them", () => {
    for (const location of [
      "https://user:secret@example.org/",
      "http://user:secret@example.org/",
      "ftp://u:secret@x/",
    ]) {
      expect(JSON.stringify(decide(location))).not.toContain("secret");
    }
  });

  test("follows only to https, without credentials, to allowed ports, whatever the location", () => {
    const location = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withFragments: true }), fc.string());
    fc.assert(
      fc.property(location, (text) => {
        const decision = decide(text);
        if (decision.kind !== "follow") return;
        const { url } = decision;
        expect(url.protocol).toBe("https:");
        expect(url.username + url.password + url.hash).toBe("");
        const port = portOfUrl(url);
        expect(port === 443 || port === 444 || port >= 1024).toBe(true);
      }),
    );
  });
});
