import { EVERY_BEHAVIOUR, type Federation, startFederation } from "@switchboard/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { federationVariables, jsonLines, runCli } from "./run-cli.ts";

let federation: Federation;
let variables: Record<string, string>;

beforeAll(async () => {
  const descriptions = EVERY_BEHAVIOUR.map((behaviour, n) => ({ serverName: `s${n}.fed.test`, behaviour }));
  federation = await startFederation({ names: descriptions });
  variables = federationVariables(federation);
});
afterAll(() => federation.stop());

test("probes every kind of server and prints one object a name, in the order given", async () => {
  const servers = federation.names();
  const names = servers.map(({ serverName }) => serverName);
  const { status, stdout, stderr } = await runCli(["probe", "--json", "-"], { variables, input: names.join("\n") });
  expect(stderr).toBe("");
  expect(status).toBe(1);
  const probed = jsonLines(stdout);
  expect(probed.map(({ serverName }) => serverName)).toEqual(names);
  const seen = probed.map(({ outcome, verdict }) => ({ ...outcome, ...(verdict === undefined ? {} : { verdict }) }));
  expect(seen).toEqual(servers.map(({ truth }) => truth));
});

test("is status 0 where all publish, and shows the contacts to people", async () => {
  const published = federation.names().find(({ truth }) => truth?.kind === "document")?.serverName ?? "";
  const { status, stdout } = await runCli(["probe", published], { variables });
  expect(status).toBe(0);
  expect(stdout).toContain(`${published}: document`);
  expect(stdout).toContain("m.role.");
});

test("a name that is none stops everything before any packet", async () => {
  const before = federation.requestCount("s0.fed.test");
  const { status, stderr } = await runCli(["probe", "-"], { variables, input: "s0.fed.test\n\n# no\nnot a name\n" });
  expect(status).toBe(2);
  expect(stderr).toContain("line 4");
  expect(federation.requestCount("s0.fed.test")).toEqual(before);
});
