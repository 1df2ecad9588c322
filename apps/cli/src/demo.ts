import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { toPrintable } from "@switchboard/domain";
import { z } from "zod";
import { CannotDoError } from "./usage-error.ts";

const demoSchema = z.object({
  dnsServer: z.string(),
  wellKnownPort: z.number().int(),
  caFile: z.string(),
  allowNetworks: z.array(z.string()),
  namesFile: z.string(),
  controlUrl: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }),
});

/** The simulated federation of a demo: what leads a crawl into it, and where it is controlled. */
export type Demo = z.infer<typeof demoSchema>;

/** A busy machine takes its time; nobody listening is known at once. */
const ANSWER_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What the simulator announced. Throws where it is none of its announcements. */
export function parseDemo(text: string): Demo {
  return demoSchema.parse(JSON.parse(text));
}

/** The settings that lead a crawl into a demo's federation. */
export function toDemoVariables(demo: Demo): Readonly<Record<string, string>> {
  return {
    SWITCHBOARD_DNS_SERVERS: demo.dnsServer,
    SWITCHBOARD_WELL_KNOWN_PORT: String(demo.wellKnownPort),
    SWITCHBOARD_FEDERATION_PORT: String(demo.wellKnownPort),
    SWITCHBOARD_EXTRA_CA_FILE: demo.caFile,
    SWITCHBOARD_ALLOW_NETWORKS: demo.allowNetworks.join(","),
  };
}

/**
 * Settings that suit a federation on the same machine, for those that were not given: a short deadline, since no network
 * is between, and few probes in flight, since each also costs this machine the answering.
 */
export const DEMO_DEFAULTS: Readonly<Record<string, string>> = {
  SWITCHBOARD_PROBE_DEADLINE_MS: "2000",
  SWITCHBOARD_CONNECT_TIMEOUT_MS: "1000",
  SWITCHBOARD_IN_FLIGHT: "64",
};

/**
 * Leaves word in a data folder that it is a demo's, and how its federation is reached. It stays when the demo ends: the
 * directory in the folder is of that federation only, whether it runs or not.
 */
export async function leaveDemo(dataDir: string, demo: Demo): Promise<void> {
  const path = locateDemo(dataDir);
  const unfinished = `${path}.new`;
  await writeFile(unfinished, `${JSON.stringify(demo)}\n`, { mode: 0o600 });
  await rename(unfinished, path);
}

/** The demo that a data folder is of, be it running or over; null where it is no demo's. Throws CannotDoError. */
export async function readDemo(dataDir: string): Promise<Demo | null> {
  const path = locateDemo(dataDir);
  try {
    return parseDemo(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw new CannotDoError(
      `${toPrintable(path, 200)} tells how the federation of a demo is reached, and cannot be read: move that folder away, and start the demo anew`,
      { cause: error },
    );
  }
}

/**
 * Whether a demo's federation is there to be reached. It is asked itself: a demo that was killed could not say that it
 * is over, and its ports may be somebody else's by now.
 */
export async function isDemoRunning({ controlUrl, ...settings }: Demo): Promise<boolean> {
  try {
    const response = await fetch(`${controlUrl}/federation`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return isDeepStrictEqual(JSON.parse(await readText(response)), settings);
  } catch {
    return false;
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error("no simulator says so much");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function locateDemo(dataDir: string): string {
  return join(dataDir, "demo.json");
}
