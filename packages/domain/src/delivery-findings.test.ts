import { describe, expect, it } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import { findDeliveryFindings } from "./delivery-findings.ts";
import type { Hop } from "./fetch-report.ts";

function hop(url: string, status: number, contentType: string | null, accessControlAllowOrigin: string | null): Hop {
  return { url, status, address: "192.0.2.1", headers: { ...NO_HEADERS, contentType, accessControlAllowOrigin } };
}

const URL_OF_DOCUMENT = "https://example.org/.well-known/matrix/support";
const REDIRECT = hop("https://www.example.org/support", 301, null, null);
const GOOD = hop(URL_OF_DOCUMENT, 200, "application/json", "*");

function codesOf(...hops: Hop[]): string[] {
  return findDeliveryFindings(hops).map(({ code }) => code);
}

describe("findDeliveryFindings", () => {
  it.each([
    ["application/json", "*", []],
    ["application/json; charset=utf-8", "*", []],
    ["Application/JSON", " * ", []],
    ["text/plain", "*", ["content-type-wrong"]],
    ["application/octet-stream", "*", ["content-type-wrong"]],
    ["application/jsonp", "*", ["content-type-wrong"]],
    [null, "*", ["content-type-missing"]],
    ["", "*", ["content-type-missing"]],
    ["application/json", null, ["cors-missing"]],
    ["application/json", "https://app.example.org", ["cors-restricted"]],
    ["application/json", "null", ["cors-restricted"]],
    [null, null, ["content-type-missing", "cors-missing"]],
  ])("content type %s, allowed origin %s: %s", (contentType, origin, codes) => {
    expect(codesOf(hop(URL_OF_DOCUMENT, 200, contentType, origin))).toEqual(codes);
  });

  it("asks CORS, and no content type, of every redirect on the way", () => {
    const good = hop("https://example.org/support", 302, null, "*");
    expect(codesOf(good, GOOD)).toEqual([]);
    expect(codesOf(REDIRECT, good, REDIRECT, GOOD)).toEqual(["cors-missing-on-redirect", "cors-missing-on-redirect"]);
  });

  it("names the URL and the value, and has the document as a whole for its path", () => {
    const [redirect, contentType] = findDeliveryFindings([hop(URL_OF_DOCUMENT, 200, "text/html", "*")])
      .concat(findDeliveryFindings([REDIRECT, GOOD]))
      .toReversed();
    expect(contentType).toMatchObject({ severity: "warning", path: "" });
    expect(contentType?.message).toContain("text/html");
    expect(redirect?.message).toContain("https://www.example.org/support");
  });

  it("has nothing to say of an answer that is no document", () => {
    expect(codesOf()).toEqual([]);
    expect(codesOf(hop(URL_OF_DOCUMENT, 404, "text/html", null))).toEqual([]);
    expect(codesOf({ url: URL_OF_DOCUMENT, status: null, address: null, headers: null })).toEqual([]);
  });
});
