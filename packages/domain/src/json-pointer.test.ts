import { expect, it } from "vitest";
import { pointTo } from "./json-pointer.ts";

it("escapes as RFC 6901 §3 says", () => {
  expect(pointTo(pointTo("", "a/b"), "m~n")).toBe("/a~1b/m~0n");
  expect(pointTo("", "~1")).toBe("/~01");
  expect(pointTo("/contacts", 0)).toBe("/contacts/0");
  expect(pointTo("/a", "")).toBe("/a/");
});

it("points at the object where a key cannot be written down", () => {
  expect(pointTo("/a", "b\0")).toBe("/a");
  expect(pointTo("/a", "\ud800")).toBe("/a");
  expect(pointTo("/a", "b".repeat(201))).toBe("/a");
});
