import { parseServerName, parseSupportDocument } from "@switchboard/domain";
import { describe, expect, it } from "vitest";
import { operatorOf } from "../operator.ts";
import { buildServerNames } from "../server-names.ts";
import { DOCUMENT_NAMES, documentText, expectedVerdict } from "./support-documents.ts";

const HOSTNAMES = [...buildServerNames(40, "fed.test").map((name) => name.replace(/:.*/, "")), "127.64.0.9"];

describe("support documents", () => {
  it.each(DOCUMENT_NAMES)("%s has the verdict that is expected of it, whoever publishes it", (name) => {
    for (const hostname of HOSTNAMES) {
      const text = documentText(name)(operatorOf(hostname), 0);
      const server = parseServerName(hostname);
      const parsed = parseSupportDocument(new TextEncoder().encode(text), server.ok ? { server: server.value } : {});
      expect({ hostname, verdict: parsed.verdict }).toEqual({ hostname, verdict: expectedVerdict(name) });
      expect(parsed.document).not.toBeNull();
    }
  });

  it("names nobody outside reserved domains", () => {
    for (const name of DOCUMENT_NAMES) {
      for (const hostname of HOSTNAMES) {
        const text = documentText(name)(operatorOf(hostname), 0);
        const domains = text.match(/(?<=@|:|\/\/)[a-z0-9-]+(\.[a-z0-9-]+)+/g) ?? [];
        for (const domain of domains) expect(domain).toMatch(/\.test$|\.example\.(org|com|net)$/);
      }
    }
  });

  it("gives some operators many servers, and most servers an operator of their own", () => {
    const domains = buildServerNames(300, "fed.test").map((name) => operatorOf(name).mailDomain);
    const hosted = domains.filter((domain) => domain.includes(".example."));
    expect(hosted.length).toBeGreaterThan(50);
    expect(hosted.length).toBeLessThan(150);
    expect(new Set(hosted).size).toBeGreaterThan(3);
  });
});
