/**
 * What Node is started with for a process that runs for long (the Dockerfile says the same). Nearly everything a probe
 * makes outlives a small young generation while hundreds are in flight, and a large one only holds more of it: 64 MiB where
 * none is given, for the same speed (docs/performance.md, "Memory").
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4"];
