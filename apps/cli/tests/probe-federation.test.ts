import { FEDERATION_BEHAVIOURS, type Federation, startFederation } from "@switchboard/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { federationVariables, jsonLines, runCli } from "./run-cli.ts";

const ADMIN = { family: "document", document: "admin-both", delivery: "plain" } as const;

let federation: Federation;
let variables: Record<string, string>;

beforeAll(async () => {
  federation = await startFederation({
    names: FEDERATION_BEHAVIOURS.map((how) => ({ serverName: `${how}.fed.test`, behaviour: ADMIN, federation: how })),
  });
  variables = federationVariables(federation);
});
afterAll(() => federation.stop());

test("finds every kind of server and prints one object a name, in the order given", async () => {
  const servers = federation.names();
  const input = servers.map(({ serverName }) => serverName).join("\n");
  const { status, stdout, stderr } = await runCli(["probe", "--federation", "--json", "-"], { variables, input });
  expect(stderr).toBe("");
  expect(status).toBe(1);
  const seen = jsonLines(stdout).map(({ serverName, target, software, reason }) => ({
    serverName,
    truth: { target, software, reason },
  }));
  expect(seen).toEqual(servers.map(({ serverName, federationTruth }) => ({ serverName, truth: federationTruth })));
});

test("is status 0 where all tell their version, and shows people each step with its number", async () => {
  const { status, stdout } = await runCli(["probe", "--federation", "delegated-with-srv.fed.test"], { variables });
  expect(status).toBe(0);
  const [head, ...steps] = stdout.trimEnd().split("\n");
  const { software } = federation.find("delegated-with-srv.fed.test")?.federationTruth ?? {};
  expect(head).toMatch(`delegated-with-srv.fed.test: ${software?.name} ${software?.version} in `);
  expect(steps.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["3", expect.stringContaining("/.well-known/matrix/server"), expect.stringContaining("delegated to matrix.")],
    ["3.3", "SRV _matrix-fed._tcp.matrix.delegated-with-srv.fed.test", expect.stringMatching(/^10 5 \d+ node\./)],
    ["3.3", "addresses of node.delegated-with-srv.fed.test", expect.stringMatching(/^127\.64\./)],
    ["3.3", expect.stringMatching(/^port \d+, certificate for matrix\./), expect.stringContaining("TLSv1.3")],
    ["3.3", expect.stringContaining("Host: matrix."), `${software?.name} ${software?.version}`],
  ]);
});

test("shows each redirect of the well-known document", async () => {
  const { status, stdout } = await runCli(["probe", "--federation", "delegated-by-redirect.fed.test"], { variables });
  expect(status).toBe(0);
  const steps = stdout.split("\n").slice(1, 3);
  expect(steps.map((line) => line.trim().split(/ {2,}/))).toEqual([
    [
      "3",
      expect.stringContaining("delegated-by-redirect.fed.test"),
      expect.stringMatching(/^redirected, HTTP status 30\d$/),
    ],
    ["3", expect.stringContaining("/static/matrix-server.json"), expect.stringContaining("delegated to matrix.")],
  ]);
});

test("says why there is no version, and prints nothing that a terminal would obey", async () => {
  const names = ["delegated-to-wrong-certificate.fed.test", "version-hostile.fed.test"];
  const { status, stdout } = await runCli(["probe", "--federation", ...names], { variables });
  expect(status).toBe(1);
  expect(stdout).toContain("no version (tls-wrong-name)");
  expect(stdout).toContain("certificate is not for matrix.delegated-to-wrong-certificate.fed.test");
  expect(stdout).toContain("Syn\\u{202e}apse");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must not be there
  expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
});
