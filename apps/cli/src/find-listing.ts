import { parseIso } from "@switchboard/contract";
import {
  type Instant,
  type Listing,
  type ServerKey,
  type ServerName,
  serverKeyOf,
  toPrintable,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./command-context.ts";

/** The listing of a name, now or as of `at`; null, said with what to do, where the directory has none. */
export async function findListing(
  store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut">,
  asked: { readonly serverName: ServerName; readonly at?: Instant | undefined },
  { say }: Pick<CommandContext, "say">,
): Promise<Listing | null> {
  const key = serverKeyOf(asked.serverName);
  const listing = await (asked.at === undefined ? store.findListing(key) : store.findListingAt(key, asked.at));
  if (listing !== null) return listing;
  if (await store.isOptedOut(key)) sayOptedOut(key, say);
  else sayUnknown(key, asked.at, say);
  return null;
}

/** Of a name that the directory does not hold: the operator of its hostname, or of a domain above it, opted out. */
function sayOptedOut(key: ServerKey, say: (line: string) => void): void {
  say(`switchboard: the operator of ${toPrintable(key, 100)} asked not to be listed`);
}

function sayUnknown(key: ServerKey, at: Instant | undefined, say: (line: string) => void): void {
  const name = toPrintable(key, 100);
  say(
    at === undefined
      ? `switchboard: ${name} is not in the directory; "switchboard add ${name}" adds it, "switchboard probe ${name}" looks at it now`
      : `switchboard: ${name} was not known then; leave --at out for what is known now`,
  );
}

/** A moment given as an option. */
function parseInstantArgument(text: string): Instant {
  const parsed = parseIso(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(`It ${parsed.error.message}. ${parsed.error.hint}`);
}

/** `--at MOMENT`, of every command that can answer as of the past. */
export function createAtOption(): Option {
  const option = new Option("--at <moment>", "as of that moment: 2026-11-21 (its end, UTC) or 2026-11-21T07:30:00Z");
  return option.argParser(parseInstantArgument);
}
