import type { Environment } from "./environment.ts";

/** How whoever asks other people's servers names itself: its version, where that is explained, and whom to write to. */
export function userAgentOf(
  version: string,
  { crawlerUrl, operatorContact }: Pick<Environment, "crawlerUrl" | "operatorContact">,
): string {
  return `Switchboard/${version} (+${crawlerUrl}${operatorContact === null ? "" : `; ${operatorContact}`})`;
}
