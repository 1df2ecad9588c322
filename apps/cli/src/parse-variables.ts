import { type Environment, parseEnvironment } from "@switchboard/runtime";
import { UsageError } from "./usage-error.ts";

/** The environment that some variables make. Throws UsageError about all that cannot be used. */
export function parseVariables(variables: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = parseEnvironment(variables);
  if (parsed.ok) return parsed.value;
  throw new UsageError(parsed.error.map(({ message }) => message).join("; "));
}
