import type { Environment } from "./environment.ts";

/** Whose servers this installation looks for: who allows networks of its own runs a federation of its own. */
export function federationReachOf({ allowNetworks }: Pick<Environment, "allowNetworks">): "public" | "private" {
  return allowNetworks.length === 0 ? "public" : "private";
}
