import type { FetchFailure, FetchRefusal, Hop, TlsFacts } from "./fetch-report.ts";
import type { Instant } from "./instant.ts";
import type { FederationTarget, SrvAnswer, SrvDeadEnd, SrvRule, SrvService, TargetRule } from "./server-discovery.ts";
import type { Hostname, ServerName } from "./server-name.ts";
import type { ServerSoftware, VersionAnswer, VersionProblem } from "./server-software.ts";
import type { WellKnownAnswer } from "./well-known-server.ts";

/** Why the version of a server could not be read. */
export type DiscoveryFailure = FetchFailure | FetchRefusal | VersionProblem | SrvDeadEnd | "forbidden-port";

/** A step that led no further; `detail` names the fact, for people. */
export type FailedStep = { readonly kind: "failed"; readonly reason: DiscoveryFailure; readonly detail: string };

/** One step of discovery, with what came of it. `rule` is the step of the specification that it belongs to. */
export type DiscoveryStep = {
  /** Milliseconds, waiting for our own limits left out. */
  readonly tookMs: number;
} & (
  | {
      readonly kind: "well-known";
      readonly rule: "3";
      readonly url: string;
      /** Not asked for: the answer of a discovery before is still fresh. */
      readonly isKnown: boolean;
      /** None where it is known. */
      readonly hops: readonly Hop[];
      readonly result: WellKnownAnswer;
      /** How long the answer need not be asked for again, in milliseconds. */
      readonly freshForMs: number;
    }
  | {
      readonly kind: "srv";
      readonly rule: SrvRule;
      readonly service: SrvService;
      readonly hostname: Hostname;
      readonly result: SrvAnswer;
    }
  | {
      readonly kind: "addresses";
      readonly rule: TargetRule;
      readonly host: Hostname;
      readonly port: number;
      /** All addresses of the host, each allowed to be connected to. */
      readonly result: { readonly kind: "found"; readonly addresses: readonly string[] } | FailedStep;
    }
  | {
      readonly kind: "connection";
      readonly rule: TargetRule;
      readonly port: number;
      readonly tlsName: Hostname;
      /** What the handshake showed, of a refused certificate as well; null where there was none. */
      readonly tls: TlsFacts | null;
      readonly result: { readonly kind: "connected"; readonly address: string } | FailedStep;
    }
  | {
      readonly kind: "version";
      readonly rule: TargetRule;
      readonly path: string;
      readonly hostHeader: string;
      /** Null where no response came. */
      readonly status: number | null;
      readonly result: VersionAnswer;
    }
);

/** What one discovery of a server found out, step by step. */
export type DiscoveryReport = {
  readonly serverName: ServerName;
  /** When the end was reached. */
  readonly discoveredAt: Instant;
  /** In the order in which they were taken. */
  readonly steps: readonly DiscoveryStep[];
  /** Where the version was asked for, else the last place tried; null where there was none to try. */
  readonly target: (FederationTarget & { readonly addresses: readonly string[] }) | null;
  readonly software: ServerSoftware | null;
  /** Why there is no software; null where there is. */
  readonly reason: DiscoveryFailure | null;
  /** The fact behind the reason, for people; empty where there is none. */
  readonly detail: string;
  /** From the first packet to the end, waiting for our own limits left out. */
  readonly totalMs: number;
};
