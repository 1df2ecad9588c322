import { once } from "node:events";
import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { findTool, redisForTests } from "../src/index.ts";

const redis = await redisForTests();

test.skipIf(redis === null)("a private Redis answers until it is stopped", async () => {
  if (redis === null) return;
  const { hostname, port } = new URL(redis.url);
  const socket = connect(Number(port), hostname);
  socket.write("PING\r\n");
  expect(String((await once(socket, "data"))[0])).toBe("+PONG\r\n");
  socket.destroy();
  await redis.stop();
  await expect(once(connect(Number(port), hostname), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a missing program is told loudly, and is a failure where it is required", () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.stubEnv("PATH", "/nowhere");
  vi.stubEnv("SWITCHBOARD_TEST_REQUIRE", "redis");
  expect(findTool("chromium")).toBeNull();
  expect(said).toHaveBeenCalledWith(expect.stringContaining("SKIPPED: the tests that need chromium"));
  expect(() => findTool("redis")).toThrow("SWITCHBOARD_TEST_REQUIRE");
  vi.unstubAllEnvs();
  said.mockRestore();
});
