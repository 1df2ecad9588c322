import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Behaviour } from "./behaviour.ts";
import type { FederationSettings } from "./federation.ts";
import type { RequestCount, SimulatedServer } from "./server-registry.ts";
import type { AddressLoad } from "./web-server.ts";

/** What `main.ts` prints when it is ready; see `Federation` for each. `names` is their number. */
export type FederationAnnouncement = FederationSettings & {
  readonly controlUrl: string;
  readonly names: number;
};

/** A federation that runs in a process of its own, controlled over HTTP. */
export type FederationProcess = FederationAnnouncement & {
  readonly servers: () => Promise<SimulatedServer[]>;
  readonly setBehaviour: (serverName: string, behaviour: Behaviour) => Promise<void>;
  readonly requestCount: (serverName: string) => Promise<RequestCount>;
  readonly loads: () => Promise<AddressLoad[]>;
  /** Ends the process, and waits until it is gone. */
  readonly stop: () => Promise<void>;
};

/**
 * Runs `main.ts` with these arguments. For more than a few dozen probes at once: a federation in the process that probes
 * it shares one event loop with it, and each then keeps the other waiting. Throws what the process said where it does
 * not start.
 */
export async function startFederationProcess(args: readonly string[]): Promise<FederationProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url)), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const complaint = text(child.stderr);
  const line = await Promise.race([once(createInterface(child.stdout), "line"), exited.then(() => null)]);
  if (line === null) throw new Error(`the simulated federation did not start: ${await complaint}`);
  const announcement: FederationAnnouncement = JSON.parse(String(line[0]));
  const { controlUrl } = announcement;
  return {
    ...announcement,
    servers: () => control(controlUrl, "GET", "servers"),
    setBehaviour: async (serverName, behaviour) => {
      await control(controlUrl, "PUT", `servers/${encodeURIComponent(serverName)}`, behaviour);
    },
    requestCount: (serverName) => control(controlUrl, "GET", `requests?name=${encodeURIComponent(serverName)}`),
    loads: () => control(controlUrl, "GET", "addresses"),
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** Asks the control endpoint. Its answers are as typed as this package's own functions, which write them. */
async function control<T>(controlUrl: string, method: "GET" | "PUT", path: string, body?: Behaviour): Promise<T> {
  const response = await fetch(`${controlUrl}/${path}`, {
    method,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} /${path} was answered ${response.status}: ${answer.trim()}`);
  return JSON.parse(answer);
}
