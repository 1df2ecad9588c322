import { expect, test } from "vitest";
import { userAgentOf } from "./user-agent.ts";

test("a User-Agent says which version asks, where that is explained, and whom to write to where that is known", () => {
  const crawlerUrl = "https://switchboard.example.org/crawler";
  expect(userAgentOf("1.2.3", { crawlerUrl, operatorContact: null })).toBe(`Switchboard/1.2.3 (+${crawlerUrl})`);
  expect(userAgentOf("1.2.3", { crawlerUrl, operatorContact: "abuse@example.org" })).toBe(
    `Switchboard/1.2.3 (+${crawlerUrl}; abuse@example.org)`,
  );
});
