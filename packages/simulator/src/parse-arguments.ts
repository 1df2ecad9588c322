import { parseArgs } from "node:util";
import { err, ok, type Result } from "@switchboard/domain";
import { EVEN_MIX, type Mix, PLAUSIBLE_MIX } from "./mix.ts";

/** What a federation's process was asked to be. `documents` is a folder whose files are served instead of made-up names. */
export type FederationArguments = {
  readonly names: number;
  readonly mix: Mix;
  readonly documents: string | null;
  readonly suffix: string;
  readonly seed: number;
  readonly wellKnownPort: number;
  readonly dnsPort: number;
  readonly controlPort: number;
};

const MAX_NAMES = 100_000;
const MAX_SEED = 2 ** 32 - 1;
const MAX_PORT = 65_535;

/** Parses a command line (see main.ts). The error is one line that names the argument, the value and what to write. */
export function parseArguments(argv: readonly string[]): Result<FederationArguments, string> {
  try {
    return ok(readArguments(argv));
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function readArguments(argv: readonly string[]): FederationArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      names: { type: "string", default: "300" },
      mix: { type: "string", default: "plausible" },
      documents: { type: "string" },
      suffix: { type: "string", default: "fed.test" },
      seed: { type: "string", default: "1" },
      port: { type: "string", default: "0" },
      "dns-port": { type: "string", default: "0" },
      "control-port": { type: "string", default: "0" },
    },
  });
  return {
    names: readNumber("names", values.names, MAX_NAMES),
    mix: readMix(values.mix),
    documents: values.documents ?? null,
    suffix: values.suffix,
    seed: readNumber("seed", values.seed, MAX_SEED),
    wellKnownPort: readNumber("port", values.port, MAX_PORT),
    dnsPort: readNumber("dns-port", values["dns-port"], MAX_PORT),
    controlPort: readNumber("control-port", values["control-port"], MAX_PORT),
  };
}

function readNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value <= most) return value;
  throw new Error(`--${option} ${text}: write a whole number from 0 to ${most}`);
}

function readMix(text: string): Mix {
  if (text === "plausible") return PLAUSIBLE_MIX;
  if (text === "even") return EVEN_MIX;
  throw new Error(`--mix ${text}: write plausible or even`);
}
