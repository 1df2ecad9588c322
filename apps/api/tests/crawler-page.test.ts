import { parseSupportDocument } from "@switchboard/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CrawlerFacts, toCrawlerPage } from "../src/crawler-page.ts";
import { type Directory, startDirectory } from "./start-directory.ts";

const FACTS: CrawlerFacts = {
  userAgent: "Switchboard/1.2.3 (+https://switchboard.example.org/crawler; abuse@example.org)",
  operatorContact: "abuse@example.org",
  perAddressInFlight: 3,
  perAddressPerSecond: 7,
  probeDeadlineMs: 15_000,
  connectTimeoutMs: 2_500,
};

/** The page's text, one line, as a reader has it. */
function textOf(page: string): string {
  return page
    .replace(/<[^>]+>/g, "")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, " ");
}

function pageOf(facts: Partial<CrawlerFacts> = {}): string {
  return toCrawlerPage({ ...FACTS, publicUrl: "https://switchboard.example.org", cooloffMs: 300_000, ...facts });
}

describe("the page about the crawler", () => {
  let directory: Directory;
  beforeAll(async () => {
    directory = await startDirectory({ crawler: FACTS });
  });
  afterAll(() => directory.close());

  test("is served where the User-Agent leads, and linked from the first page", async () => {
    const { statusCode, headers, body } = await directory.app.inject("/crawler");
    expect({ statusCode, type: headers["content-type"] }).toEqual({
      statusCode: 200,
      type: "text/html; charset=utf-8",
    });
    expect(textOf(body)).toContain(FACTS.userAgent);
    expect(body).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
    expect((await directory.app.inject("/")).body).toContain('href="/crawler"');
  });

  test("says what is done: every bound as it is set", () => {
    const text = textOf(pageOf());
    expect(text).toContain("3 at a time and 7 new ones a second");
    expect(text).toContain("gives up after 2.5 seconds for a connection and 15 seconds for all of it");
    expect(text).toContain("64 KiB at most, follows 5 redirects");
    expect(text).toContain("12 hours after something changed");
    expect(text).toContain("once in 7 days; never within 1 hour");
    expect(textOf(pageOf({ perAddressInFlight: 0, perAddressPerSecond: 0 }))).toContain("any number a second");
  });

  test("has examples that work as they stand", async () => {
    const text = textOf(pageOf());
    const [, member] = /("io\.switchboard\.directory": \{[^}]*\})/.exec(text) ?? [];
    expect(parseSupportDocument(new TextEncoder().encode(`{${member}}`)).directoryWish).toBe("not-listed");
    const [, method = "", path = ""] = /curl -X (\w+) https:\/\/switchboard\.example\.org(\S+)/.exec(text) ?? [];
    expect({ method, path }).toEqual({ method: "POST", path: "/v1/servers/example.org/probe" });
    await directory.probe("example.org", { status: 404 });
    const asked = await directory.app.inject({ method: "POST", url: path });
    expect(asked.statusCode).toBe(429);
  });

  test.each([
    ["abuse@example.org", 'href="mailto:abuse@example.org"'],
    ["@admin:example.org", 'href="https://matrix.to/#/%40admin%3Aexample.org"'],
    ["https://example.org/contact", 'href="https://example.org/contact"'],
    ["@<b>:example.org", "@&#60;b&#62;:example.org"],
  ])("says that %s reaches whoever runs it", (operatorContact, markup) => {
    expect(pageOf({ operatorContact })).toContain(markup);
  });

  test("says where nobody can be reached, and offers no way that there is not", () => {
    const text = textOf(pageOf({ operatorContact: null }));
    expect(text).toContain("has not said here how to be reached. You can opt out without them.");
    expect(text).not.toContain("By a message");
  });
});
