export { openSource, type SourceInput } from "./open-source.ts";
export { toPatientReader } from "./patient-reader.ts";
export { readSource, type SourceEnd } from "./read-source.ts";
export { pauseMsOf, runSource, SOURCE_LEASE_MS } from "./run-source.ts";
export {
  parseSourceArgument,
  parseSourcesFile,
  SOURCE_KINDS,
  type SourceConfig,
  type SourceConfigProblem,
} from "./source-config.ts";
