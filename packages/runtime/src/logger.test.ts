import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** What a process of its own writes when it runs `body` with a logger. */
function logged(body: string, destination: "stdout" | "stderr" = "stdout"): Record<string, unknown>[] {
  const program = `
    import { createLogger } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
    const log = createLogger({ name: "test", level: "info", destination: "${destination}" });
    ${body}`;
  const child = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect(child[destination === "stdout" ? "stderr" : "stdout"]).toBe("");
  return child[destination]
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("without a terminal: JSON, one object a line, from the level on, up to the last line before an exit", () => {
  const lines = logged(`log.debug("unseen"); log.info({ probed: 3 }, "seen"); log.warn("last"); process.exit(0);`);
  expect(lines).toMatchObject([
    { level: 30, name: "test", probed: 3, msg: "seen" },
    { level: 40, msg: "last" },
  ]);
});

test("logs can go to standard error", () => {
  expect(logged(`log.info("seen");`, "stderr")).toMatchObject([{ msg: "seen" }]);
});

test("contacts, looked-up entities and credentials are never written", () => {
  const [line] = logged(`log.info({
    entity: "@somebody:example.org",
    contacts: [{ email_address: "somebody@example.org" }],
    listing: { document: "somebody@example.org" },
    request: { query: { q: "somebody@example.org" }, headers: 2 },
    connectionString: "postgres://somebody@example.org",
  }, "seen");`);
  expect(JSON.stringify(line)).not.toContain("somebody");
  expect(line).toMatchObject({ request: { headers: 2 } });
});

test("an error keeps its type, code, message, cause and stack, and loses the row it was about", () => {
  const [line] = logged(`
    const error = new TypeError("no row", { cause: new Error("connection lost") });
    log.error(Object.assign(error, { code: "23505", detail: "Key (address)=(somebody@example.org)" }), "failed");`);
  expect(line).toMatchObject({ err: { type: "TypeError", code: "23505", message: expect.stringContaining("no row") } });
  expect(JSON.stringify(line)).toContain("connection lost");
  expect(JSON.stringify(line)).not.toContain("somebody");
});
