import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** Reads a bench's own options. Throws UsageError for what it does not know. */
export function parseOptions<const O extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: false }>>["values"] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

/** A whole number from 1. Throws UsageError for anything else. */
export function parseCount(option: string, text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} ${text}: write a whole number from 1`);
}

/** Some of the known words, in a comma list. Throws UsageError for any other. */
export function parseWords<const Word extends string>(option: string, text: string, known: readonly Word[]): Word[] {
  return text.split(",").map((part) => {
    const word = known.find((each) => each === part.trim());
    if (word === undefined) throw new UsageError(`--${option} ${text}: write some of ${known.join(",")}`);
    return word;
  });
}
