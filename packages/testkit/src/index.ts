export { createFixedClock, type FixedClock, NOON } from "./fixed-clock.ts";
export { type RedisForTests, redisForTests } from "./redis-for-tests.ts";
export { findTool, type RequiredTool } from "./required-tool.ts";
export { createTestDatabase, expectNoConnections, type TestDatabase, type TestDatabaseOptions } from "./test-server.ts";
