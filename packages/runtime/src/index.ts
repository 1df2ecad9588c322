export { type Clock, type Stopwatch, systemBusyShare, systemClock, systemStopwatch } from "./clock.ts";
export { endWithNpm } from "./end-with-npm.ts";
export {
  type Environment,
  type EnvironmentProblem,
  LOG_LEVELS,
  type LogLevel,
  parseEnvironment,
} from "./environment.ts";
export { federationReachOf } from "./federation-reach.ts";
export { createLogger, type Logger } from "./logger.ts";
export { COMPILE_CACHE, NODE_FLAGS } from "./node-flags.ts";
export { runUntilSignal, StopRequested } from "./run-until-signal.ts";
export { userAgentOf } from "./user-agent.ts";
