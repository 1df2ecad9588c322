export type { AcquireAddress } from "./connect-origin.ts";
export { createProber, type Prober, ProberClosed, type ProberOptions } from "./prober.ts";
