import { expect, test } from "vitest";
import { sharedBuffersMib, toServerOptions } from "../src/settings.ts";

const GIB = 1024 ** 3;

test.each([
  { memoryGib: 0.5, mib: 128 },
  { memoryGib: 1, mib: 128 },
  { memoryGib: 4, mib: 512 },
  { memoryGib: 16, mib: 2048 },
  { memoryGib: 256, mib: 4096 },
])("of $memoryGib GiB of memory Postgres takes $mib MiB for its cache", ({ memoryGib, mib }) => {
  expect(sharedBuffersMib(memoryGib * GIB)).toBe(mib);
});

test("a cluster that is thrown away takes no more than the least", () => {
  expect(toServerOptions({ durability: "none", maxConnections: 10 }, 5432)).toContain("-c shared_buffers=128MB ");
});
