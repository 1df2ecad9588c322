export { openSource, type SourceInput } from "./open-source.ts";
export { toPatientReader } from "./patient-reader.ts";
export { readSource, type SourceEnd } from "./read-source.ts";
export { readSourcesFile } from "./read-sources-file.ts";
export { pauseMsOf, runSource, SOURCE_LEASE_MS } from "./run-source.ts";
export { parseSourceArgument, SOURCE_KINDS, type SourceConfig } from "./source-config.ts";
