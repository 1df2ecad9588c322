export { type Behaviour, EVERY_BEHAVIOUR } from "./behaviour.ts";
export { serveVerbatim } from "./behaviours/document-behaviour.ts";
export {
  type ExpectedDiscovery,
  FEDERATION_BEHAVIOURS,
  type FederationBehaviour,
} from "./behaviours/federation-behaviour.ts";
export { OPT_OUT_BEHAVIOURS } from "./behaviours/opt-out-behaviour.ts";
export { expectedAt, type ScriptedBehaviour, type ScriptStep } from "./behaviours/scripted-behaviour.ts";
export { type Federation, type FederationOptions, startFederation } from "./federation.ts";
export {
  type FederationAnnouncement,
  type FederationProcess,
  startFederationProcess,
} from "./federation-process.ts";
export { loadDocuments } from "./load-documents.ts";
export { EVEN_MIX, type Mix, PLAUSIBLE_MIX } from "./mix.ts";
export type { ExpectedOutcome } from "./plan.ts";
export type { RequestCount, ServerDescription, SimulatedServer } from "./server-registry.ts";
export type { AddressLoad } from "./web-server.ts";
