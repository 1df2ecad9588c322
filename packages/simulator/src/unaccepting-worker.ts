import { once } from "node:events";
import { createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/**
 * Listens, and then blocks this thread's event loop, so that no connection is ever accepted. Runs in a thread of its own;
 * takes `{ host, port }` and posts the word `listening`, or the code of the error.
 */
const server = createServer();
try {
  server.listen({ ...workerData, backlog: 1 });
  await once(server, "listening");
  parentPort?.postMessage("listening");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
} catch (error) {
  parentPort?.postMessage(error instanceof Error && "code" in error ? error.code : String(error));
}
