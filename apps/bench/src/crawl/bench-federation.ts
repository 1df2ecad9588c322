import { fileURLToPath } from "node:url";
import { type Program, startProgram } from "../start-program.ts";

/** How a simulated federation that runs in a process of its own is reached. */
export type BenchFederation = {
  readonly dnsServer: string;
  readonly wellKnownPort: number;
  readonly caFile: string;
  readonly allowNetworks: readonly string[];
  stop(): Promise<void>;
};

const ENTRY = fileURLToPath(new URL("federation-main.ts", import.meta.url));

export async function startBenchFederation(options: {
  readonly healthy: number;
  readonly dead: number;
  readonly signal: AbortSignal;
}): Promise<BenchFederation> {
  const { healthy, dead, signal } = options;
  const program: Program = startProgram({
    name: "the simulated federation",
    entry: ENTRY,
    args: ["--healthy", String(healthy), "--dead", String(dead)],
    // Many names and their plans are kept: it must not spend its time on collecting them.
    nodeArgs: ["--max-old-space-size=4096"],
    signal,
  });
  try {
    const announced: Omit<BenchFederation, "stop"> = JSON.parse(await program.line((line) => line.startsWith("{")));
    return { ...announced, stop: program.stop };
  } catch (error) {
    await program.stop();
    throw error;
  }
}
