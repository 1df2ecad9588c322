export type { AcquireAddress } from "./connect-origin.ts";
export { ProberClosed } from "./deadline-runs.ts";
export { createProber, type Prober, type ProberOptions } from "./prober.ts";
export { createServerDiscoverer, type ServerDiscoverer, type ServerDiscovererOptions } from "./server-discoverer.ts";
export { createSourceReader, type SourceReader } from "./source-reader.ts";
