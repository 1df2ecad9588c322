import type { Readable } from "node:stream";
import type { Instant } from "@switchboard/domain";
import type { Environment } from "@switchboard/runtime";
import type { Command } from "commander";
import type { Colors } from "./colors.ts";
import type { ExitStatus } from "./exit-status.ts";
import type { Output } from "./output.ts";

/** Everything a command may touch, given by the composition root. */
export type CommandContext = {
  readonly environment: Environment;
  /** The environment as given, for child processes. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly stdin: Readable;
  readonly out: Output;
  /** Says something to the person at the terminal; never part of the answer. */
  readonly say: (line: string) => void;
  /** The streams themselves, for progress that is rewritten in place. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly colors: Colors;
  readonly clock: () => Instant;
  readonly random: () => number;
  /** Aborts when the user asks the command to stop. */
  readonly signal: AbortSignal;
  /** Records the status the process is to end with. */
  readonly exitWith: (status: ExitStatus) => void;
};

export type OutputFormat = "json" | "text";

/** What `--json`, a global option, asks for. */
export function formatOf(command: Command): OutputFormat {
  return command.optsWithGlobals<{ json?: true }>().json === true ? "json" : "text";
}
