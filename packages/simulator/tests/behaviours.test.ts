import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Behaviour,
  EVERY_BEHAVIOUR,
  type ExpectedOutcome,
  type Federation,
  type SimulatedServer,
  startFederation,
} from "../src/index.ts";
import { readOutcome } from "./reference-client.ts";

const IN_FLIGHT = 16;

function nameOf(behaviour: Behaviour): string {
  return JSON.stringify(behaviour);
}

describe("every behaviour comes to what its truth says", () => {
  let federation: Federation;
  const outcomes = new Map<string, ExpectedOutcome | Error>();
  const truths = new Map<string, ExpectedOutcome | null>();

  beforeAll(async () => {
    const names = EVERY_BEHAVIOUR.map((behaviour, n) => ({ serverName: `b-${n}.fed.test`, behaviour }));
    federation = await startFederation({ names });
    const waiting = federation.names();
    const read = async (server: SimulatedServer) => {
      truths.set(nameOf(server.behaviour), server.truth);
      const outcome = readOutcome(federation, server.hostname);
      outcomes.set(nameOf(server.behaviour), await outcome.catch((error: Error) => error));
    };
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await read(next);
      }),
    );
  });

  afterAll(() => federation.stop());

  it.each(EVERY_BEHAVIOUR.map(nameOf))("%s", (name) => {
    expect(outcomes.get(name)).toEqual(truths.get(name));
    expect(truths.get(name)).not.toBeNull();
  });

  it("behaves in every family, and no behaviour is listed twice", () => {
    expect(new Set(EVERY_BEHAVIOUR.map(nameOf)).size).toBe(EVERY_BEHAVIOUR.length);
    expect(new Set(EVERY_BEHAVIOUR.map(({ family }) => family)).size).toBe(10);
  });
});
