import { toContactRoute, toUnreadEntity } from "@switchboard/contract";
import {
  type ContactRoute,
  contactRoute,
  type Entity,
  type IdentifierError,
  type Instant,
  type Listing,
  listingKeysOf,
  PURPOSES,
  type Purpose,
  parseEntity,
  type RouteMethod,
  type ServerKey,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { Command, Option } from "commander";
import { describeIdentifierError, readLines, STDIN } from "../argument.ts";
import { type CommandContext, formatOf, type OutputFormat } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { createAtOption } from "../find-listing.ts";
import { plain } from "../format-document.ts";
import { formatTable } from "../format-table.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";
import { UsageError } from "../usage-error.ts";

type RouteOptions = { purpose: Purpose; at?: Instant };

/** Entities answered with one query. */
const BATCH = 500;

/** `switchboard route`: whom to reach about an entity. */
export function createRouteCommand(context: CommandContext): Command {
  return new Command("route")
    .description("Say whom to reach about a user, room, event, alias, media or server.")
    .argument("<entity...>", 'Matrix IDs, links or server names; "-" reads them from standard input, one a line')
    .addOption(new Option("--purpose <purpose>", "what the contact is wanted for").choices(PURPOSES).default("abuse"))
    .addOption(createAtOption())
    .addHelpText(
      "after",
      `
What is looked up is neither stored nor logged. Exit status: 0 all routed, 1 some not.

  $ switchboard route @spammer:example.org
  $ switchboard route --purpose security --json - < entities.txt`,
    )
    .action(async (given: string[], options: RouteOptions, command: Command) => {
      const format = formatOf(command);
      const readings = given.map((text) => (text === STDIN ? null : readEntity(text)));
      for (const reading of readings) {
        if (reading !== null && !reading.ok) {
          throw new UsageError(`entity: ${describeIdentifierError(reading.error)}`);
        }
      }
      await withDirectory(context, async (store) => {
        const asked = { store, format, purpose: options.purpose, at: options.at ?? null };
        let unrouted = 0;
        for await (const batch of inBatches(readAll(readings, context))) {
          context.signal.throwIfAborted();
          unrouted += await printRoutes(batch, asked, context);
        }
        context.exitWith(unrouted === 0 ? EXIT.ok : EXIT.not);
      });
    });
}

type Reading =
  | { readonly ok: true; readonly entity: Entity }
  | { readonly ok: false; readonly given: string; readonly line: number | null; readonly error: IdentifierError };

function readEntity(text: string, line: number | null = null): Reading {
  const parsed = parseEntity(text);
  return parsed.ok ? { ok: true, entity: parsed.value } : { ok: false, given: text, line, error: parsed.error };
}

async function* readAll(
  readings: readonly (Reading | null)[],
  { stdin }: CommandContext,
): AsyncGenerator<Reading, void, undefined> {
  for (const reading of readings) {
    if (reading !== null) yield reading;
    else for await (const { line, text } of readLines(STDIN, stdin)) yield readEntity(text, line);
  }
}

async function* inBatches(readings: AsyncIterable<Reading>): AsyncGenerator<readonly Reading[], void, undefined> {
  let batch: Reading[] = [];
  for await (const reading of readings) {
    batch.push(reading);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

type Asked = {
  readonly store: Pick<Store, "findListings" | "findListingAt" | "listOptedOut">;
  readonly format: OutputFormat;
  readonly purpose: Purpose;
  readonly at: Instant | null;
};

/** Prints the contact routes of a batch in its order, and answers how many led nowhere. */
async function printRoutes(batch: readonly Reading[], asked: Asked, context: CommandContext): Promise<number> {
  const { out, say, clock } = context;
  const keys = new Set(batch.flatMap((reading) => (reading.ok ? listingKeysOf(reading.entity) : [])));
  const listings = await findListings([...keys], asked);
  const optedOut = await asked.store.listOptedOut([...keys].filter((key) => !listings.has(key)));
  const now = asked.at ?? clock();
  let unrouted = 0;
  for (const reading of batch) {
    if (!reading.ok) {
      unrouted += 1;
      say(
        `switchboard: ${reading.line === null ? "" : `line ${reading.line}: `}${describeIdentifierError(reading.error)}`,
      );
      if (asked.format === "json") await out.json(toUnreadEntity(reading.given, reading.error));
      continue;
    }
    const route = contactRoute({ entity: reading.entity, purpose: asked.purpose, listings, optedOut, now });
    if (route.servers.every(({ methods }) => methods.length === 0)) unrouted += 1;
    if (asked.format === "json") await out.json(toContactRoute(route));
    else await out.text(formatRoute(route, now, context));
  }
  return unrouted;
}

async function findListings(
  keys: readonly ServerKey[],
  { store, at }: Asked,
): Promise<ReadonlyMap<ServerKey, Listing>> {
  if (at === null) return store.findListings(keys);
  const listings = new Map<ServerKey, Listing>();
  for (const key of keys) {
    const listing = await store.findListingAt(key, at);
    if (listing !== null) listings.set(key, listing);
  }
  return listings;
}

function formatRoute(route: ContactRoute, now: Instant, { colors }: CommandContext): string {
  const servers = route.servers.flatMap(({ serverName, relation, methods, setAside, tried }) => [
    `  ${plain(serverName)} ${colors.dim(`(${relation})`)}`,
    ...(methods.length === 0
      ? []
      : [
          formatTable(
            methods.map((method) => formatMethod(method, now)),
            "    ",
          ),
        ]),
    ...setAside.map(({ value, reason }) => `    set aside: ${plain(value)}: ${reason.message}`),
    ...tried.map(({ message }) => `    ${colors.dim(plain(message))}`),
  ]);
  return [colors.bold(plain(route.entity.given)), `  ${plain(route.summary)}`, ...servers].join("\n");
}

function formatMethod({ value, role, freshness, confirmedAt, reasons }: RouteMethod, now: Instant): string[] {
  const why = reasons.map(({ message }) => message).join("; ");
  return [
    plain(value),
    role === null ? "" : plain(role),
    `${freshness}, confirmed ${formatInstant(confirmedAt, now)}`,
    plain(why),
  ];
}
