import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["apps/*/{src,tests}/**/*.test.ts", "packages/*/{src,tests}/**/*.test.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    // Most of the time is spent waiting for other processes: leases, time-outs, Postgres starting.
    maxWorkers: "100%",
    // Patience costs nothing where all is well, and a busy machine may take ten times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
