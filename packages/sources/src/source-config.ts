import {
  err,
  HOUR_MS,
  hostnameOf,
  NAME_BOUND,
  type NameBound,
  ok,
  parseServerName,
  type Result,
  type ServerName,
} from "@switchboard/domain";
import { z } from "zod";

/** Where to read, by kind. */
type SourcePlace =
  /** A Synapse's admin API: the servers it has federated with. */
  | { readonly kind: "destinations"; readonly url: URL; readonly tokenFile: string }
  /** A server's public room directory, at its name or at the URL of its client API. */
  | { readonly kind: "rooms"; readonly server: ServerName }
  | { readonly kind: "rooms"; readonly url: URL }
  /** The Matrix IDs and support pages in the documents that the directory holds. */
  | { readonly kind: "documents" }
  /** The GraphQL API of the-federation.info, or of another installation of its software. */
  | { readonly kind: "the-federation"; readonly url: URL }
  /** Another Switchboard's export. */
  | { readonly kind: "export"; readonly url: URL }
  /** A file of names, or a dump of Synapse's table of destinations. "-" is standard input, by hand only. */
  | { readonly kind: "file"; readonly path: string };

export type SourceConfig = SourcePlace & {
  /** What the names are kept with, and what people call it by. */
  readonly name: string;
  readonly everyMs: number;
  readonly bound: NameBound;
};

export type SourceConfigProblem = { readonly path: string; readonly message: string };

export const SOURCE_KINDS = ["destinations", "rooms", "documents", "the-federation", "export", "file"] as const;

const THE_FEDERATION_URL = "https://the-federation.info/v1/graphql";
const DEFAULT_EVERY_HOURS = 24;
const MAX_EVERY_HOURS = 24 * 366;
const MAX_SOURCES = 1_000;
/** As much as the directory keeps of a source's name. */
const MAX_NAME_CHARACTERS = 200;

const url = z
  .string()
  .transform((text) => URL.parse(text))
  .pipe(z.instanceof(URL, { error: "must be a URL, such as https://matrix.example.org" }))
  .refine(({ protocol }) => protocol === "https:" || protocol === "http:", "must begin with https:// or http://")
  .refine(({ username, password }) => username === "" && password === "", "must not hold a user or a password")
  .refine(({ search, hash }) => search === "" && hash === "", "must have no query and no fragment");
const server = z.string().transform((text, context): ServerName => {
  const parsed = parseServerName(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: "custom", message: `${parsed.error.message}; ${parsed.error.hint}` });
  return z.NEVER;
});
const path = z.string().min(1, "must be the path of a file");
const count = z.int("must be a whole number").min(1, "must be at least 1").max(1_000_000, "must be at most 1000000");

/** The colon keeps what people type for an unnamed source apart from names. */
const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be 1 to 64 of a-z, 0-9, dot, underscore and hyphen")
    .optional(),
  everyHours: z
    .number("must be a number of hours")
    .min(1, "must be at least 1")
    .max(MAX_EVERY_HOURS, `must be at most ${MAX_EVERY_HOURS}`)
    .default(DEFAULT_EVERY_HOURS),
  newPerDay: count.default(NAME_BOUND.perSource),
  newPerDomainAndDay: count.default(NAME_BOUND.perDomain),
};

const sourceSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("destinations"), url, tokenFile: path, ...common }),
    z
      .strictObject({ kind: z.literal("rooms"), server: server.optional(), url: url.optional(), ...common })
      .refine((given) => (given.server === undefined) !== (given.url === undefined), "needs either server or url"),
    z.strictObject({ kind: z.literal("documents"), ...common }),
    z.strictObject({ kind: z.literal("the-federation"), url: url.prefault(THE_FEDERATION_URL), ...common }),
    z.strictObject({ kind: z.literal("export"), url, ...common }),
    z.strictObject({ kind: z.literal("file"), path, ...common }),
  ],
  { error: () => `must be one of ${SOURCE_KINDS.join(", ")}` },
);
const fileSchema = z.strictObject({ sources: z.array(sourceSchema).max(MAX_SOURCES) });

/**
 * Parses the file that lists the sources (docs/sources.md): `{"sources": [{"kind": …}, …]}`. Every problem is told with
 * its place in the file.
 */
export function parseSourcesFile(text: string): Result<readonly SourceConfig[], readonly SourceConfigProblem[]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err([{ path: "", message: `is no JSON: ${error instanceof Error ? error.message : String(error)}` }]);
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) return err(parsed.error.issues.map(toProblem));
  const sources = parsed.data.sources.map(toConfig);
  const problems = sources.flatMap(({ name }, place) => {
    const first = sources.findIndex((other) => other.name === name);
    const message = `is called "${name}" as is sources[${first}]; give each a name of its own`;
    return first === place ? [] : [{ path: `sources[${place}]`, message }];
  });
  return problems.length === 0 ? ok(sources) : err(problems);
}

/**
 * Parses a source as people type it: `rooms:example.org`, `rooms:https://matrix.example.org`, `file:names.csv`,
 * `export:https://…`, `the-federation`, `documents`, `destinations:http://localhost:8008` (which needs a token file).
 */
export function parseSourceArgument(
  text: string,
  { tokenFile }: { readonly tokenFile: string | null },
): Result<SourceConfig, SourceConfigProblem> {
  const colon = text.indexOf(":");
  const kind = colon === -1 ? text : text.slice(0, colon);
  const place = colon === -1 ? null : text.slice(colon + 1);
  const parsed = sourceSchema.safeParse({
    kind,
    ...toFields(kind, place),
    ...(tokenFile === null ? {} : { tokenFile }),
  });
  if (parsed.success) return ok(toConfig(parsed.data));
  const [issue] = parsed.error.issues;
  return err(issue === undefined ? { path: "", message: "cannot be read" } : toProblem(issue));
}

function toFields(kind: string, place: string | null): Readonly<Record<string, string>> {
  if (place === null) return {};
  if (kind === "file") return { path: place };
  if (kind === "rooms" && !/^https?:\/\//.test(place)) return { server: place };
  return { url: place };
}

function toConfig(given: z.output<typeof sourceSchema>): SourceConfig {
  const { everyHours, newPerDay, newPerDomainAndDay } = given;
  const place = toPlace(given);
  return {
    ...place,
    name: given.name ?? nameOf(place),
    everyMs: everyHours * HOUR_MS,
    bound: { perSource: newPerDay, perDomain: newPerDomainAndDay },
  };
}

function toPlace(given: z.output<typeof sourceSchema>): SourcePlace {
  switch (given.kind) {
    case "destinations":
      return { kind: given.kind, url: given.url, tokenFile: given.tokenFile };
    case "rooms":
      if (given.server !== undefined) return { kind: given.kind, server: given.server };
      if (given.url !== undefined) return { kind: given.kind, url: given.url };
      throw new Error("the schema let rooms without a place through");
    case "documents":
      return { kind: given.kind };
    case "the-federation":
    case "export":
      return { kind: given.kind, url: given.url };
    case "file":
      return { kind: given.kind, path: given.path };
  }
}

/** Names are public (`/v1/stats`): private places, those of admin APIs and files, are not in them. */
function nameOf(place: SourcePlace): string {
  switch (place.kind) {
    case "rooms":
      return `rooms:${"server" in place ? hostnameOf(place.server) : place.url.host}`.slice(0, MAX_NAME_CHARACTERS);
    case "export":
      return `export:${place.url.host}`.slice(0, MAX_NAME_CHARACTERS);
    default:
      return place.kind;
  }
}

function toProblem(issue: z.core.$ZodIssue): SourceConfigProblem {
  const path = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  return { path, message: messageOf(issue) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `has the unknown key ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  // Where the schema has no words of its own, zod's are "Invalid input: expected string, received undefined".
  if (issue.code !== "invalid_type" || !issue.message.startsWith("Invalid input")) return issue.message;
  return `must be ${issue.message.endsWith("undefined") ? "given, as" : "of type"} ${issue.expected}`;
}
