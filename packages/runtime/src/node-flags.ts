import { fileURLToPath } from "node:url";

/**
 * What Node is started with for a process that runs for long (the Dockerfile says the same). Left to itself V8 takes the
 * size of the machine as leave to put off collecting: with a bound it collects as it goes, and holds a quarter less
 * (docs/performance.md, "Memory").
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=32", "--max-old-space-size=512"];

/**
 * Where Node keeps what it made of our files, for NODE_COMPILE_CACHE. Without it every start strips the types of every file
 * anew: a third of the work of a start, and 30 MiB that are never given back.
 */
export const COMPILE_CACHE = fileURLToPath(new URL("../../../node_modules/.cache/switchboard", import.meta.url));
