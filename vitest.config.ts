import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["apps/*/{src,tests}/**/*.test.ts", "packages/*/{src,tests}/**/*.test.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    // Most of the time is spent waiting for other processes: leases, time-outs, Postgres starting.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
