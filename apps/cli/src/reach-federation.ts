import { toPrintable } from "@switchboard/domain";
import type { CommandContext } from "./command-context.ts";
import { DEMO_DEFAULTS, isDemoRunning, readDemo, toDemoVariables } from "./demo.ts";
import { parseVariables } from "./parse-variables.ts";
import { CannotDoError } from "./usage-error.ts";

/**
 * The context of a command that reaches servers or takes in their names. On the data folder of a demo that is the
 * demo's federation, with its settings wherever the environment has none of its own; the user is told. Throws
 * CannotDoError where that demo is over: its whole directory would be found unreachable.
 */
export async function reachFederation(context: CommandContext): Promise<CommandContext> {
  const { databaseUrl, dataDir } = context.environment;
  // A directory of one's own is not in the data folder, whatever that holds.
  const demo = databaseUrl === null ? await readDemo(dataDir) : null;
  if (demo === null) return context;
  const folder = toPrintable(dataDir, 200);
  if (!(await isDemoRunning(demo))) {
    throw new CannotDoError(
      `${folder} is the data folder of a demo, which is not running: start it with "npm run demo", or set SWITCHBOARD_DATA_DIR to another folder`,
    );
  }
  const settings = Object.entries({ ...DEMO_DEFAULTS, ...toDemoVariables(demo) });
  const isGiven = (variable: string) => (context.variables[variable] ?? "").trim() !== "";
  const taken = settings.filter(([variable]) => !isGiven(variable));
  const kept = settings.map(([variable]) => variable).filter(isGiven);
  const but = kept.length === 0 ? "" : ` (but with ${kept.join(", ")} of the environment)`;
  context.say(`${folder} is the data folder of a demo: its simulated federation is reached, not the Internet${but}`);
  return { ...context, environment: parseVariables({ ...context.variables, ...Object.fromEntries(taken) }) };
}
