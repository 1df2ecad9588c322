import { expect, test } from "vitest";
import { parseEnvironment } from "./environment.ts";

test("nothing given: the defaults of the documented table", () => {
  expect(parseEnvironment({ HOME: "/home/somebody", PATH: "/bin" })).toEqual({
    ok: true,
    value: {
      databaseUrl: null,
      redisUrl: null,
      dataDir: ".switchboard",
      httpHost: "127.0.0.1",
      httpPort: 8080,
      publicUrl: "http://127.0.0.1:8080",
      crawlerUrl: expect.stringMatching(/^https:\/\//),
      operatorContact: null,
      canaryName: null,
      metricsPort: null,
      inFlight: 500,
      discoveryInFlight: 50,
      probeDeadlineMs: 15_000,
      connectTimeoutMs: 5_000,
      perAddressInFlight: 8,
      perAddressPerSecond: 20,
      dnsServers: null,
      extraCaFile: null,
      allowNetworks: [],
      wellKnownPort: 443,
      federationPort: 8448,
      sourcesFile: null,
      smtpUrl: null,
      matrixUrl: null,
      matrixTokenFile: null,
      logLevel: "info",
      testRequire: [],
    },
  });
});

test("everything given is parsed", () => {
  const parsed = parseEnvironment({
    DATABASE_URL: "postgresql://user:secret@db.example.org:5433/switchboard?sslmode=require",
    REDIS_URL: "rediss://cache.example.org:6380/2",
    SWITCHBOARD_DATA_DIR: "/var/lib/switchboard",
    SWITCHBOARD_HTTP_HOST: "::",
    SWITCHBOARD_HTTP_PORT: "0",
    SWITCHBOARD_PUBLIC_URL: "https://switchboard.example.org/",
    SWITCHBOARD_CRAWLER_URL: "https://switchboard.example.org/about",
    SWITCHBOARD_OPERATOR_CONTACT: "abuse@example.org",
    SWITCHBOARD_METRICS_PORT: "9464",
    SWITCHBOARD_IN_FLIGHT: "20",
    SWITCHBOARD_DISCOVERY_IN_FLIGHT: "0",
    SWITCHBOARD_PROBE_DEADLINE_MS: "2000",
    SWITCHBOARD_CONNECT_TIMEOUT_MS: "500",
    SWITCHBOARD_PER_ADDRESS_IN_FLIGHT: "0",
    SWITCHBOARD_PER_ADDRESS_PER_SECOND: "0",
    SWITCHBOARD_DNS_SERVERS: "127.0.0.1:5353, [::1]:53",
    SWITCHBOARD_EXTRA_CA_FILE: "ca.pem",
    SWITCHBOARD_ALLOW_NETWORKS: "127.0.0.0/8,fd00::/8",
    SWITCHBOARD_WELL_KNOWN_PORT: "8443",
    SWITCHBOARD_FEDERATION_PORT: "8449",
    SWITCHBOARD_SMTP_URL: "smtp://mail.example.org:587",
    SWITCHBOARD_MATRIX_URL: "https://matrix.example.org",
    SWITCHBOARD_MATRIX_TOKEN_FILE: "token",
    SWITCHBOARD_LOG_LEVEL: "debug",
    SWITCHBOARD_TEST_REQUIRE: "redis,chromium",
  });
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      databaseUrl: "postgresql://user:secret@db.example.org:5433/switchboard?sslmode=require",
      redisUrl: "rediss://cache.example.org:6380/2",
      httpPort: 0,
      publicUrl: "https://switchboard.example.org",
      crawlerUrl: "https://switchboard.example.org/about",
      operatorContact: "abuse@example.org",
      metricsPort: 9464,
      inFlight: 20,
      discoveryInFlight: 0,
      perAddressInFlight: 0,
      dnsServers: ["127.0.0.1:5353", "[::1]:53"],
      allowNetworks: ["127.0.0.0/8", "fd00::/8"],
      wellKnownPort: 8443,
      federationPort: 8449,
      logLevel: "debug",
      testRequire: ["redis", "chromium"],
    },
  });
});

test("an empty variable is one not given, as a compose file writes it", () => {
  expect(parseEnvironment({ REDIS_URL: "", SWITCHBOARD_IN_FLIGHT: " " })).toMatchObject({
    ok: true,
    value: { redisUrl: null, inFlight: 500 },
  });
});

test.each([
  ["127.0.0.1", "http://127.0.0.1:9000"],
  ["0.0.0.0", "http://127.0.0.1:9000"],
  ["::", "http://[::1]:9000"],
  ["::1", "http://[::1]:9000"],
  ["directory.example.org", "http://directory.example.org:9000"],
])("listening on %s is reached at %s", (host, url) => {
  const parsed = parseEnvironment({ SWITCHBOARD_HTTP_HOST: host, SWITCHBOARD_HTTP_PORT: "9000" });
  expect(parsed).toMatchObject({ ok: true, value: { publicUrl: url } });
});

test("the page about the crawler is this instance's own, where people can reach it", () => {
  const parsed = parseEnvironment({ SWITCHBOARD_PUBLIC_URL: "https://directory.example.org/matrix/" });
  expect(parsed).toMatchObject({ ok: true, value: { crawlerUrl: "https://directory.example.org/matrix/crawler" } });
});

test.each(["admin@example.org", "@admin:example.org", "@admin:example.org:8448", "https://example.org/contact?a=b@c"])(
  "%s is how an operator can be reached",
  (contact) => {
    const parsed = parseEnvironment({ SWITCHBOARD_OPERATOR_CONTACT: contact });
    expect(parsed).toMatchObject({ ok: true, value: { operatorContact: contact } });
  },
);

test.each([
  ["SWITCHBOARD_OPERATOR_CONTACT", "the admins"],
  ["SWITCHBOARD_OPERATOR_CONTACT", "admin@example.org)"],
  ["SWITCHBOARD_OPERATOR_CONTACT", "Admin <admin@example.org>"],
  ["SWITCHBOARD_OPERATOR_CONTACT", "admin@exämple.org"],
  ["SWITCHBOARD_OPERATOR_CONTACT", `${"a".repeat(200)}@example.org`],
  ["SWITCHBOARD_OPERATOR_CONTACT", "javascript:alert@1"],
  ["DATABASE_URL", "mysql://db.example.org/x"],
  ["DATABASE_URL", "db.example.org:5432"],
  ["REDIS_URL", "localhost:6379"],
  ["SWITCHBOARD_IN_FLIGHT", "0"],
  ["SWITCHBOARD_IN_FLIGHT", "many"],
  ["SWITCHBOARD_IN_FLIGHT", "1e3"],
  ["SWITCHBOARD_IN_FLIGHT", "-5"],
  ["SWITCHBOARD_HTTP_PORT", "65536"],
  ["SWITCHBOARD_METRICS_PORT", "65536"],
  ["SWITCHBOARD_WELL_KNOWN_PORT", "0"],
  ["SWITCHBOARD_FEDERATION_PORT", "65536"],
  ["SWITCHBOARD_DNS_SERVERS", "127.0.0.1"],
  ["SWITCHBOARD_DNS_SERVERS", "::1:53"],
  ["SWITCHBOARD_DNS_SERVERS", "127.0.0.1:53,"],
  ["SWITCHBOARD_DNS_SERVERS", "dns.example.org:53"],
  ["SWITCHBOARD_DNS_SERVERS", "127.0.0.1:99999"],
  ["SWITCHBOARD_ALLOW_NETWORKS", "127.0.0.1"],
  ["SWITCHBOARD_ALLOW_NETWORKS", "127.0.0.0/33"],
  ["SWITCHBOARD_ALLOW_NETWORKS", "300.0.0.0/8"],
  ["SWITCHBOARD_PUBLIC_URL", "ftp://switchboard.example.org"],
  ["SWITCHBOARD_LOG_LEVEL", "loud"],
  ["SWITCHBOARD_TEST_REQUIRE", "postgres"],
])("%s=%s is a problem that names the variable", (variable, value) => {
  const parsed = parseEnvironment({ [variable]: value });
  expect(parsed).toMatchObject({ ok: false, error: [{ variable }] });
  expect(parsed.ok ? "" : parsed.error[0]?.message).toMatch(new RegExp(`^${variable} must be .+, not .+$`));
});

test("every problem is told at once, and no secret is repeated", () => {
  const parsed = parseEnvironment({
    DATABASE_URL: "mysql://root:hunter2@db.example.org/x",
    SWITCHBOARD_IN_FLIGHT: "-1",
    SWITCHBOARD_HTTP_PORT: "eighty",
  });
  expect(parsed).toEqual({
    ok: false,
    error: [
      {
        variable: "DATABASE_URL",
        message: "DATABASE_URL must be a URL such as postgres://user@host:5432/database, not what it holds",
      },
      {
        variable: "SWITCHBOARD_HTTP_PORT",
        message: 'SWITCHBOARD_HTTP_PORT must be a whole number from 0 to 65535, not "eighty"',
      },
      {
        variable: "SWITCHBOARD_IN_FLIGHT",
        message: 'SWITCHBOARD_IN_FLIGHT must be a whole number from 1 to 20000, not "-1"',
      },
    ],
  });
});

test.each([
  ["SWITCHBOARD_INFLIGHT", "; did you mean SWITCHBOARD_IN_FLIGHT?"],
  ["SWITCHBOARD_ALLOW_NETWORK", "; did you mean SWITCHBOARD_ALLOW_NETWORKS?"],
  ["SWITCHBOARD_COLOUR_OF_THE_WALL", ""],
])("unknown %s is a problem%s", (variable, hint) => {
  expect(parseEnvironment({ [variable]: "1" })).toEqual({
    ok: false,
    error: [{ variable, message: `${variable} is not known${hint}` }],
  });
});
