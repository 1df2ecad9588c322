import type { BaseAdapter } from "@bull-board/api/baseAdapter";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { Logger } from "@switchboard/runtime";
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type JobProgress,
  Queue,
  Worker,
} from "bullmq";
import { parseTicket, TICKET, type Ticket } from "./ticket.ts";

/** Where tickets wait: BullMQ, on Postgres or on Redis. */
export type TicketQueue = {
  /** Adds `count` tickets. Rejects at once where the queue's store is gone. */
  enqueue(count: number): Promise<void>;
  /** Tickets nobody works on yet. */
  countWaiting(): Promise<number>;
  /** Begins to work on tickets, `lanes` at once. A ticket whose work throws is logged and gone: the next tick brings another. */
  work(workOn: (ticket: Ticket) => Promise<void>, lanes: number): void;
  /** Resolves when no ticket is being worked on any more and every connection is closed. */
  close(): Promise<void>;
};

/** A queue that its operator can look at. `board`: how a board reads it, which can change nothing in it. */
type ShownTicketQueue = TicketQueue & { readonly board: BaseAdapter };

export type TicketQueueOptions = {
  readonly databaseUrl: string;
  /** Null: the queue lives in Postgres. */
  readonly redisUrl: string | null;
  readonly name: string;
  readonly log: Logger;
};

const QUEUE_SCHEMA = "bullmq";
const QUEUE_POOL_SIZE = 4;

/** Opens the queue on Redis where there is one, else in Postgres. The code is the same; only the factory differs. */
export function createTicketQueue({ databaseUrl, redisUrl, name, log }: TicketQueueOptions): ShownTicketQueue {
  if (redisUrl !== null) {
    return createTicketQueueOn({
      name,
      log,
      // Fail at once when Redis is away: a tick comes again soon, a promise that hangs does not.
      producer: { url: redisUrl, enableOfflineQueue: false },
      consumer: { url: redisUrl },
      factory: createRedisBackend,
    });
  }
  const connection = {
    connectionString: databaseUrl,
    schema: QUEUE_SCHEMA,
    migrate: true,
    max: QUEUE_POOL_SIZE,
    keepAlive: true,
    application_name: "switchboard-queue",
  };
  return createTicketQueueOn({ name, log, producer: connection, consumer: connection, factory: createPostgresBackend });
}

function createTicketQueueOn<Backend extends IQueueBackend, Connection>({
  name,
  log,
  producer,
  consumer,
  factory,
}: {
  readonly name: string;
  readonly log: Logger;
  readonly producer: Connection;
  readonly consumer: Connection;
  readonly factory: BackendFactory<Backend, Connection>;
}): ShownTicketQueue {
  const queue = new Queue<unknown, void, string, unknown, void, string, Backend, Connection>(
    name,
    {
      connection: producer,
      // A kept job would be a ticket that blocks or outlives its time; a retried one would fight the lease.
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    },
    factory,
  );
  queue.on("error", (error) => log.warn({ err: error }, "the queue's store does not answer; it is tried again"));
  const consumers: { close(): Promise<void> }[] = [];

  return {
    async enqueue(count) {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: "ticket", data: TICKET })));
    },
    countWaiting: () => queue.getWaitingCount(),
    // Its type knows Redis' connections only; what it reads comes from either backend.
    board: new BullMQAdapter(queue as unknown as Queue, {
      readOnlyMode: true,
      description: "Each lets a worker claim a batch of due names",
    }),
    work(workOn, lanes) {
      const worker = new Worker<unknown, void, string, Backend, JobProgress, Connection>(
        name,
        async (job) => {
          const ticket = parseTicket(job.data);
          if (!ticket.ok) {
            log.error({ ticket: job.id, problem: ticket.error }, "a job that is no ticket was set aside");
            return;
          }
          await workOn(ticket.value);
        },
        // Lease expiry is the only recovery (docs/architecture.md, "Crawling"): a stalled ticket is dropped, never delivered again.
        { connection: consumer, concurrency: lanes, maxStalledCount: 0 },
        factory,
      );
      worker.on("error", (error) => log.warn({ err: error }, "the queue's store does not answer; it is tried again"));
      worker.on("failed", (job, error) => log.error({ err: error, ticket: job?.id }, "the work on a ticket failed"));
      consumers.push(worker);
    },
    async close() {
      await Promise.all(consumers.map((worker) => worker.close()));
      await queue.close();
    },
  };
}
