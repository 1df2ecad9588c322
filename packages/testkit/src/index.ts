export {
  arbitraryContact,
  arbitraryDocument,
  arbitraryHostname,
  arbitraryInstant,
  arbitraryMailAddress,
  arbitraryRole,
  arbitraryServerName,
  arbitraryUserId,
} from "./arbitraries.ts";
export {
  buildContact,
  buildDiscoveryReport,
  buildDocument,
  buildFetchReport,
  buildHeaders,
  buildListing,
  buildPublished,
  buildServerState,
  type ReportOfResponse,
  toJsonBytes,
  toServedBytes,
} from "./builders.ts";
export { createFixedClock, type FixedClock, NOON } from "./fixed-clock.ts";
export { toHostname, toMailAddress, toServerKey, toServerName, toUserId } from "./identifiers.ts";
export { type RedisForTests, redisForTests } from "./redis-for-tests.ts";
export { findTool, type RequiredTool } from "./required-tool.ts";
export { createTestDatabase, expectNoConnections, type TestDatabase, type TestDatabaseOptions } from "./test-server.ts";
