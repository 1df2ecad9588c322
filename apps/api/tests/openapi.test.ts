import { afterAll, beforeAll, expect, test } from "vitest";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
});
afterAll(() => directory.close());

test("the description of the API is the one that was agreed on", async () => {
  const { body } = await directory.app.inject("/openapi.json");
  await expect(`${JSON.stringify(JSON.parse(body), null, 2)}\n`).toMatchFileSnapshot("fixtures/openapi.json");
});

test("every reference in it leads somewhere, and every operation says what it answers", async () => {
  const described = (await directory.app.inject("/openapi.json")).json();
  expect(described.openapi).toBe("3.1.0");
  for (const [, name] of JSON.stringify(described).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(described.components.schemas).toHaveProperty([String(name)]);
  }
  for (const path of Object.values<Record<string, { summary?: string; responses: object }>>(described.paths)) {
    for (const { summary, responses } of Object.values(path)) {
      expect(summary).toBeTruthy();
      expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
    }
  }
});

test("the page about it runs under the app's own policy, without other hosts", async () => {
  const { headers, body } = await directory.app.inject("/docs");
  expect(headers["content-security-policy"]).toMatch(/script-src 'self';style-src 'self' 'unsafe-inline';/);
  expect(body).not.toMatch(/(?:src|href)="https?:/);
  expect(body).not.toMatch(/<script>(?!\s*<\/script>)/);
});
