import { isNestedDeeperThan } from "./nesting-depth.ts";
import { err, ok, type Result } from "./result.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Why bytes are no JSON object. */
export type JsonProblem = "not-utf8" | "not-json" | "not-object" | "too-deep";

export type JsonObject = Readonly<Record<string, unknown>>;

/** What servers answer each other has three levels at most; what lies deeper than this is there to exhaust parsers. */
const MAX_NESTING = 32;

/** Reads bytes as one strict JSON object (RFC 8259). Total: whatever the bytes are, there is an object or a reason. */
export function parseJsonObject(bytes: Uint8Array): Result<JsonObject, JsonProblem> {
  const text = decodeUtf8(bytes);
  if (text === null) return err("not-utf8");
  if (isNestedDeeperThan(MAX_NESTING, text)) return err("too-deep");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err("not-json");
  }
  return isJsonObject(value) ? ok(value) : err("not-object");
}

/** Whether a value that came out of JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object's own member, or undefined: `__proto__` and the like are keys as any other in JSON. */
export function memberOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
