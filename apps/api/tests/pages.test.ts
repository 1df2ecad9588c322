import { afterAll, beforeAll, expect, test } from "vitest";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
});
afterAll(() => directory.close());

test("the page at / is whole: every file it names is served, and none is another host's", async () => {
  const page = await directory.app.inject("/");
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
  expect(page.body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
  const files = [...page.body.matchAll(/(?:src|href)="([^"#/:]+\.\w+)"/g)].map(([, file]) => String(file));
  expect(files).toEqual(expect.arrayContaining(["app.js", "style.css"]));
  const modules = new Set(files);
  for (const file of modules) {
    const answer = await directory.app.inject(`/${file}`);
    expect(answer.statusCode, file).toBe(200);
    for (const [, name] of answer.body.matchAll(/from "\.\/([\w-]+\.js)"/g)) modules.add(String(name));
  }
  expect(modules.size).toBeGreaterThan(4);
});

test("lint: findings on what is posted, of any content type", async () => {
  const payload = '{"contacts": [{"role": "admin", "email_address": "a@example.org"}]}';
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
    const answer = await directory.app.inject({
      method: "POST",
      url: "/v1/lint",
      payload,
      headers: { "content-type": type },
    });
    expect(answer.json(), type).toMatchObject({ verdict: "usable", document: { contacts: [{ role: "admin" }] } });
  }
  const untyped = await directory.app.inject({ method: "POST", url: "/v1/lint", payload });
  expect(untyped.json()).toMatchObject({ verdict: "usable" });
  const empty = await directory.app.inject({ method: "POST", url: "/v1/lint" });
  expect(empty.json()).toMatchObject({ verdict: "unusable", document: null });
});
