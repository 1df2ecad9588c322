import { parseArgs } from "node:util";
import { PLAUSIBLE_MIX, type ServerDescription, startFederation } from "@switchboard/simulator";
import { benchNames, SUFFIX } from "./bench-names.ts";

/**
 * The simulated federation of a bench, in a process of its own: `federation-main.ts --healthy N --dead N`. Prints one line
 * of JSON when it is ready, and stops on SIGTERM or when its standard input ends.
 *
 * A healthy server answers as soon as it can, with a document, with nothing to say, or with a redirect to either, in the
 * proportions of the simulator's plausible mix. A dead one has an address that never accepts a connection.
 */
const { values } = parseArgs({ options: { healthy: { type: "string" }, dead: { type: "string" } } });

const HEALTHY_FAMILIES: readonly string[] = ["document", "absent", "redirect"];
const HEALTHY = PLAUSIBLE_MIX.filter(({ behaviour }) => HEALTHY_FAMILIES.includes(behaviour.family)).flatMap(
  ({ behaviour, weight }) => Array.from({ length: weight }, () => behaviour),
);
/** Enough for the usual politeness towards each not to be what is measured. */
const ADDRESSES = 1_000;
/** A prime that does not divide the number of behaviours: the same ones do not come in a row. */
const STRIDE = 37;

const servers: ServerDescription[] = [
  ...benchNames("healthy", Number(values.healthy)).map((serverName, n): ServerDescription => {
    const behaviour = HEALTHY[(n * STRIDE) % HEALTHY.length];
    if (behaviour === undefined) throw new Error("the mix has no healthy behaviour");
    return { serverName, behaviour };
  }),
  ...benchNames("dead", Number(values.dead)).map(
    (serverName): ServerDescription => ({ serverName, behaviour: { family: "connection", how: "not-accepted" } }),
  ),
];
const federation = await startFederation({ names: servers, suffix: SUFFIX, addresses: ADDRESSES });
const { dnsServer, wellKnownPort, caFile, allowNetworks } = federation;
process.stdout.write(`${JSON.stringify({ dnsServer, wellKnownPort, caFile, allowNetworks })}\n`);
await new Promise<void>((stop) => {
  process.once("SIGTERM", () => stop());
  process.stdin.once("end", () => stop()).resume();
});
await federation.stop();
process.exit();
