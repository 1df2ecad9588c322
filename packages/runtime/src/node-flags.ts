/**
 * What Node is started with for a process that runs for long (the Dockerfile says the same). Left to itself V8 takes the
 * size of the machine as leave to put off collecting: with a bound it collects as it goes, and holds a quarter less
 * (docs/performance.md, "Memory").
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=32", "--max-old-space-size=512"];
