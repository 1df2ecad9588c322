import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startTimeout, type Timeout } from "./timeout.ts";

function keepBusy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("what arrives in time is heard, though this process was too busy to listen when the time was over", async () => {
  const seen: string[] = [];
  let timeout: Timeout | undefined;
  const server = createServer((socket) => {
    timeout = startTimeout(20, () => seen.push("time-out"));
    // Written at once, so both the data and the end of the time fall into the busy moment.
    socket.end("in time");
    keepBusy(60);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const socket = connect(address.port, "127.0.0.1");
  socket.once("data", () => {
    seen.push("data");
    timeout?.clear();
  });
  await once(socket, "close");
  await sleep(60);
  server.close();
  expect(seen).toEqual(["data"]);
});

test("silence ends it, once", async () => {
  let expired = 0;
  startTimeout(5, () => {
    expired += 1;
  });
  await expect.poll(() => expired).toBe(1);
  await sleep(20);
  expect(expired).toBe(1);
});

test("cleared, it never fires", async () => {
  let expired = 0;
  const expire = () => {
    expired += 1;
  };
  startTimeout(1, expire).clear();
  const late = startTimeout(1, expire);
  // The timer fires in this busy moment's turn, and is cleared before its immediate.
  setTimeout(() => late.clear(), 1);
  keepBusy(5);
  await sleep(30);
  expect(expired).toBe(0);
});
