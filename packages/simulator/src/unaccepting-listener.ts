import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

export type UnacceptingListener = { readonly stop: () => Promise<void> };

/** More than the queue of a backlog of one holds, whatever the system adds to it. */
const QUEUE_FILLERS = 8;
/**
 * Listens at an address and never accepts, its queue filled, so that connecting times out as it does behind a firewall
 * that drops packets. Answers null where the address cannot be bound.
 */
export async function startUnacceptingListener(host: string, port: number): Promise<UnacceptingListener | null> {
  const worker = new Worker(new URL("./unaccepting-worker.ts", import.meta.url), { workerData: { host, port } });
  const [message]: unknown[] = await once(worker, "message");
  if (message !== "listening") {
    await worker.terminate();
    return null;
  }
  const fillers = Array.from({ length: QUEUE_FILLERS }, () => connect({ host, port }).on("error", () => {}));
  // Loopback makes connections in the order they are asked for, so after the first the rest are queued or dropped.
  await Promise.race(fillers.map((filler) => once(filler, "connect")));
  return { stop: () => stopListening(worker, fillers) };
}

async function stopListening(worker: Worker, fillers: readonly Socket[]): Promise<void> {
  for (const filler of fillers) filler.destroy();
  await worker.terminate();
}
