import { isIP } from "node:net";
import { distance } from "fastest-levenshtein";
import { z } from "zod";

/** What the process was told by its environment: every variable parsed, every default filled in. Null means "not given". */
export type Environment = {
  /** Null: the embedded Postgres in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Null: the queue lives in Postgres. */
  readonly redisUrl: string | null;
  readonly dataDir: string;
  readonly httpHost: string;
  readonly httpPort: number;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Where the operators of crawled servers read who asks, and how to opt out. */
  readonly crawlerUrl: string;
  /** How they reach whoever runs this: a mail address, a Matrix ID or a web address. Null: not given. */
  readonly operatorContact: string | null;
  /** A domain name that leads to this instance's api. Null: no canary is kept. */
  readonly canaryName: string | null;
  /** Where a worker serves its metrics, on loopback. Null: nowhere. */
  readonly metricsPort: number | null;
  readonly inFlight: number;
  /** Discoveries in flight. 0: servers are not looked for. */
  readonly discoveryInFlight: number;
  readonly probeDeadlineMs: number;
  readonly connectTimeoutMs: number;
  /** 0: no bound. */
  readonly perAddressInFlight: number;
  /** 0: no bound. */
  readonly perAddressPerSecond: number;
  /** `ip:port`, IPv6 in brackets. Null: the system's resolvers. */
  readonly dnsServers: readonly string[] | null;
  readonly extraCaFile: string | null;
  /** CIDRs. */
  readonly allowNetworks: readonly string[];
  readonly wellKnownPort: number;
  /** Where a server is asked for federation when nothing says otherwise. */
  readonly federationPort: number;
  /** A list of the sources of names that a worker reads. Null: none. */
  readonly sourcesFile: string | null;
  readonly smtpUrl: string | null;
  readonly matrixUrl: string | null;
  readonly matrixTokenFile: string | null;
  readonly logLevel: LogLevel;
  readonly testRequire: readonly ("redis" | "chromium")[];
};

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One variable that cannot be used, and what to write instead. */
export type EnvironmentProblem = { readonly variable: string; readonly message: string };

type ParsedEnvironment =
  | { readonly ok: true; readonly value: Environment }
  | { readonly ok: false; readonly error: readonly EnvironmentProblem[] };

/** Where the operators of crawled servers read how to opt out where this instance has no page of its own that they could open. */
const PROJECT_CRAWLER_URL = "https://switchboard.example.org/crawler";

/** These may carry a password: a problem never repeats them. */
const SECRET_VARIABLES = new Set(["DATABASE_URL", "REDIS_URL", "SWITCHBOARD_SMTP_URL", "SWITCHBOARD_MATRIX_URL"]);

const MAX_TIMEOUT_MS = 10 * 60_000;
const PREFIX = "SWITCHBOARD_";
/** Letters added, left out or changed: up to four in names this long are a slip, more is another name. */
const NEAR_MISS_EDITS = 4;

/** Two labels at least, none of them empty or longer than DNS takes. */
const DOMAIN_NAME = /^(?=.{1,230}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/i;

const path = z.string();
const port = wholeNumber(1, 65_535);
const listeningPort = wholeNumber(0, 65_535);
const webUrl = urlOf(/^https?$/, "an http or https URL");

/** The message of each schema completes the sentence "VARIABLE must be …". */
const schema = z.strictObject({
  DATABASE_URL: urlOf(/^postgres(ql)?$/, "a URL such as postgres://user@host:5432/database").optional(),
  REDIS_URL: urlOf(/^rediss?$/, "a URL such as redis://host:6379").optional(),
  SWITCHBOARD_DATA_DIR: path.default(".switchboard"),
  SWITCHBOARD_HTTP_HOST: z.string().default("127.0.0.1"),
  SWITCHBOARD_HTTP_PORT: listeningPort.default(8080),
  SWITCHBOARD_PUBLIC_URL: webUrl.optional(),
  SWITCHBOARD_CRAWLER_URL: webUrl.optional(),
  SWITCHBOARD_OPERATOR_CONTACT: z
    .string()
    .refine(
      isOperatorContact,
      "a mail address, a Matrix ID such as @admin:example.org, or a web address, of at most 200 characters",
    )
    .optional(),
  SWITCHBOARD_CANARY_NAME: z.string().regex(DOMAIN_NAME, "a domain name such as canary.example.org").optional(),
  SWITCHBOARD_METRICS_PORT: listeningPort.optional(),
  SWITCHBOARD_IN_FLIGHT: wholeNumber(1, 20_000).default(500),
  SWITCHBOARD_DISCOVERY_IN_FLIGHT: wholeNumber(0, 20_000).default(50),
  SWITCHBOARD_PROBE_DEADLINE_MS: wholeNumber(1, MAX_TIMEOUT_MS).default(15_000),
  SWITCHBOARD_CONNECT_TIMEOUT_MS: wholeNumber(1, MAX_TIMEOUT_MS).default(5_000),
  SWITCHBOARD_PER_ADDRESS_IN_FLIGHT: wholeNumber(0, 20_000).default(8),
  SWITCHBOARD_PER_ADDRESS_PER_SECOND: wholeNumber(0, 20_000).default(20),
  SWITCHBOARD_DNS_SERVERS: listOf(
    z.string().refine(isSocketAddress),
    "a comma list of ip:port, such as 192.0.2.53:53,[2001:db8::53]:53",
  ).optional(),
  SWITCHBOARD_EXTRA_CA_FILE: path.optional(),
  SWITCHBOARD_ALLOW_NETWORKS: listOf(
    z.union([z.cidrv4(), z.cidrv6()]),
    "a comma list of CIDRs, such as 127.0.0.0/8,fd00::/8",
  ).default([]),
  SWITCHBOARD_WELL_KNOWN_PORT: port.default(443),
  SWITCHBOARD_FEDERATION_PORT: port.default(8448),
  SWITCHBOARD_SOURCES_FILE: path.optional(),
  SWITCHBOARD_SMTP_URL: urlOf(/^smtps?$/, "a URL such as smtp://host:587").optional(),
  SWITCHBOARD_MATRIX_URL: webUrl.optional(),
  SWITCHBOARD_MATRIX_TOKEN_FILE: path.optional(),
  SWITCHBOARD_LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(", ")}`).default("info"),
  SWITCHBOARD_TEST_REQUIRE: listOf(z.enum(["redis", "chromium"]), "a comma list of redis, chromium").default([]),
});

/**
 * Parses the variables Switchboard reads (docs/configuration.md) and ignores everybody else's. An empty variable counts
 * as not given, as compose files and shells produce it. An unknown `SWITCHBOARD_*` is a problem, because a misspelt bound
 * would otherwise silently not be one. All problems come at once, in the order of their names.
 */
export function parseEnvironment(env: Readonly<Record<string, string | undefined>>): ParsedEnvironment {
  const given = Object.fromEntries(
    Object.entries(env)
      .map(([variable, text]) => [variable, text?.trim()] as const)
      .filter(([variable, text]) => text !== undefined && text !== "" && isOurs(variable)),
  );
  const parsed = schema.safeParse(given);
  return parsed.success
    ? { ok: true, value: toEnvironment(parsed.data) }
    : { ok: false, error: toProblems(parsed.error.issues, given) };
}

function isOurs(variable: string): boolean {
  return variable.startsWith(PREFIX) || variable === "DATABASE_URL" || variable === "REDIS_URL";
}

function toEnvironment(given: z.output<typeof schema>): Environment {
  const { SWITCHBOARD_HTTP_HOST: httpHost, SWITCHBOARD_HTTP_PORT: httpPort } = given;
  const publicUrl = (given.SWITCHBOARD_PUBLIC_URL ?? listeningUrl(httpHost, httpPort)).replace(/\/+$/, "");
  // Where nobody said how people reach this instance, its own page is nobody's to open.
  const ownCrawlerUrl = given.SWITCHBOARD_PUBLIC_URL === undefined ? PROJECT_CRAWLER_URL : `${publicUrl}/crawler`;
  return {
    databaseUrl: given.DATABASE_URL ?? null,
    redisUrl: given.REDIS_URL ?? null,
    dataDir: given.SWITCHBOARD_DATA_DIR,
    httpHost,
    httpPort,
    publicUrl,
    crawlerUrl: given.SWITCHBOARD_CRAWLER_URL ?? ownCrawlerUrl,
    operatorContact: given.SWITCHBOARD_OPERATOR_CONTACT ?? null,
    canaryName: given.SWITCHBOARD_CANARY_NAME ?? null,
    metricsPort: given.SWITCHBOARD_METRICS_PORT ?? null,
    inFlight: given.SWITCHBOARD_IN_FLIGHT,
    discoveryInFlight: given.SWITCHBOARD_DISCOVERY_IN_FLIGHT,
    probeDeadlineMs: given.SWITCHBOARD_PROBE_DEADLINE_MS,
    connectTimeoutMs: given.SWITCHBOARD_CONNECT_TIMEOUT_MS,
    perAddressInFlight: given.SWITCHBOARD_PER_ADDRESS_IN_FLIGHT,
    perAddressPerSecond: given.SWITCHBOARD_PER_ADDRESS_PER_SECOND,
    dnsServers: given.SWITCHBOARD_DNS_SERVERS ?? null,
    extraCaFile: given.SWITCHBOARD_EXTRA_CA_FILE ?? null,
    allowNetworks: given.SWITCHBOARD_ALLOW_NETWORKS,
    wellKnownPort: given.SWITCHBOARD_WELL_KNOWN_PORT,
    federationPort: given.SWITCHBOARD_FEDERATION_PORT,
    sourcesFile: given.SWITCHBOARD_SOURCES_FILE ?? null,
    smtpUrl: given.SWITCHBOARD_SMTP_URL ?? null,
    matrixUrl: given.SWITCHBOARD_MATRIX_URL ?? null,
    matrixTokenFile: given.SWITCHBOARD_MATRIX_TOKEN_FILE ?? null,
    logLevel: given.SWITCHBOARD_LOG_LEVEL,
    testRequire: given.SWITCHBOARD_TEST_REQUIRE,
  };
}

/** An address that means "every interface" is none that a browser can open: the loopback one is. */
function listeningUrl(host: string, listenPort: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${listenPort}`;
}

function toProblems(
  issues: readonly z.core.$ZodIssue[],
  given: Record<string, string | undefined>,
): EnvironmentProblem[] {
  const messages = new Map<string, string>();
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const variable of issue.keys) messages.set(variable, `${variable} is not known${nearMissOf(variable)}`);
      continue;
    }
    const variable = String(issue.path[0]);
    const value = SECRET_VARIABLES.has(variable) ? "what it holds" : JSON.stringify(given[variable]?.slice(0, 100));
    if (!messages.has(variable)) messages.set(variable, `${variable} must be ${issue.message}, not ${value}`);
  }
  return [...messages]
    .map(([variable, message]) => ({ variable, message }))
    .sort((a, b) => (a.variable < b.variable ? -1 : 1));
}

function nearMissOf(variable: string): string {
  const [nearest] = Object.keys(schema.shape)
    .filter((known) => known.startsWith(PREFIX))
    .map((known) => ({ known, distance: distance(variable, known) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= NEAR_MISS_EDITS ? `; did you mean ${nearest.known}?` : "";
}

function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected));
}

function urlOf(protocol: RegExp, expected: string) {
  return z.url({ protocol, error: expected });
}

function listOf<Item extends string>(item: z.ZodType<Item, string>, expected: string) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine((parts) => parts.every((part) => item.safeParse(part).success), expected)
    .transform((parts) => parts.map((part) => item.parse(part)));
}

function isSocketAddress(text: string): boolean {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const { six, four, port: portText } = match?.groups ?? {};
  const hasAddress = six === undefined ? isIP(four ?? "") === 4 : isIP(six) === 6;
  return hasAddress && Number(portText) >= 1 && Number(portText) <= 65_535;
}

/** It stands in a comment of the User-Agent (RFC 9110 §10.1.5), which nothing in it may end. */
function isOperatorContact(text: string): boolean {
  const isComment = text.length <= 200 && /^[!-~]+$/.test(text) && !/[()<>"\\;]/.test(text);
  return isComment && /^(?:https?:\/\/.+|@[^@:]+:.+|[^@:]+@[^@:]+)$/.test(text);
}
