import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  streamEncode,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { DnsPlan, RecordAnswer, ServiceAnswer, TextAnswer } from "./plan.ts";

/** Finds how a hostname (in lower case) is answered; null where the name does not exist. */
export type FindDnsPlan = (hostname: string) => DnsPlan | null;

export type DnsServer = {
  readonly port: number;
  /** Silent, it hears every question and answers none, as where the network to it is gone. */
  readonly setAnswering: (answering: boolean) => void;
  readonly stop: () => Promise<void>;
};

/** Response codes (RFC 1035 §4.1.1). */
const NO_ERROR = 0;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;
const REFUSED = 5;

/** What a resolver takes over UDP when it does not say (RFC 1035 §2.3.4). */
const PLAIN_UDP_BYTES = 512;

/** Room for a burst of questions while this process is busy with handshakes; the kernel may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** How often another port is tried where UDP has taken the one that TCP got. */
const PORT_TRIES = 20;

/**
 * Serves DNS on 127.0.0.1 over UDP and TCP, at one port (0 picks one). Authoritative for everything: a name that is not
 * found does not exist. Throws where the port is taken.
 */
export async function startDnsServer(find: FindDnsPlan, port: number): Promise<DnsServer> {
  const { udp, tcp } = await bindBoth(port);
  const streams = new Set<Socket>();
  let isAnswering = true;
  udp.on("message", (message, sender) => {
    if (isAnswering) answerDatagram(udp, { message, sender, find });
  });
  tcp.on("connection", (socket) => {
    streams.add(socket);
    socket.on("close", () => streams.delete(socket));
    if (isAnswering) answerStream(socket, find);
  });
  return {
    port: udp.address().port,
    setAnswering: (answering) => {
      isAnswering = answering;
    },
    stop: async () => {
      for (const socket of streams) socket.destroy();
      await Promise.all([closed(udp), closed(tcp)]);
    },
  };
}

async function bindBoth(port: number): Promise<{ udp: UdpSocket; tcp: Server }> {
  for (let tries = 1; ; tries += 1) {
    const tcp = createServer();
    tcp.listen({ host: "127.0.0.1", port });
    await once(tcp, "listening");
    const bound = tcp.address();
    const udp = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER_BYTES });
    try {
      udp.bind({ address: "127.0.0.1", port: typeof bound === "object" && bound !== null ? bound.port : port });
      await once(udp, "listening");
      return { udp, tcp };
    } catch (error) {
      udp.close();
      await closed(tcp);
      if (port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

function closed(server: { close: (done: () => void) => unknown }): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function answerDatagram(udp: UdpSocket, query: { message: Buffer; sender: RemoteInfo; find: FindDnsPlan }): void {
  const { message, sender, find } = query;
  const question = readQuery(message);
  if (question === null) return;
  const answer = answerTo(question, find);
  if (answer === null) return;
  const whole = encode(answer);
  const bytes = whole.length > udpBytesOf(question) ? encode(truncated(answer)) : whole;
  udp.send(bytes, sender.port, sender.address);
}

function answerStream(socket: Socket, find: FindDnsPlan): void {
  let received: Buffer = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2) {
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      const query = readQuery(received.subarray(2, end));
      received = received.subarray(end);
      const answer = query === null ? null : answerTo(query, find);
      if (answer !== null) socket.write(streamEncode(answer));
    }
  });
}

/** A query as a packet; null where the bytes are none: they are dropped, as a server under attack would. */
function readQuery(message: Buffer): Packet | null {
  try {
    const packet = decode(message);
    return packet.type === "query" && packet.questions?.length === 1 ? packet : null;
  } catch {
    return null;
  }
}

function answerTo(query: Packet, find: FindDnsPlan): Packet | null {
  const question = query.questions?.[0];
  if (question === undefined) return null;
  const plan = find(question.name.toLowerCase());
  if (plan === null) return packetOf(query, NAME_ERROR, []);
  const answer = answerOf(plan, question);
  if (answer.kind === "silence") return null;
  return packetOf(query, rcodeOf(answer), recordsOf(question, answer, plan.alias ? `edge.${question.name}` : null));
}

type AnyAnswer = RecordAnswer | ServiceAnswer | TextAnswer;

function answerOf(plan: DnsPlan, { type }: Question): AnyAnswer {
  switch (type) {
    case "A":
      return plan.ipv4;
    case "AAAA":
      return plan.ipv6;
    case "SRV":
      return plan.services ?? { kind: "no-records" };
    case "TXT":
      return plan.texts ?? { kind: "no-records" };
    default:
      return { kind: "no-records" };
  }
}

type SpokenAnswer = Exclude<AnyAnswer, { kind: "silence" }>;

function rcodeOf(answer: SpokenAnswer): number {
  switch (answer.kind) {
    case "addresses":
    case "services":
    case "texts":
    case "no-records":
      return NO_ERROR;
    case "name-error":
      return NAME_ERROR;
    case "server-failure":
      return SERVER_FAILURE;
    case "query-refused":
      return REFUSED;
  }
}

/** The records of an answer, which may be none; where there is an alias, they are its own. */
function recordsOf(question: Question, answer: SpokenAnswer, alias: string | null): Answer[] {
  const name = alias ?? question.name;
  const isAliased = alias !== null && (question.type === "A" || question.type === "AAAA");
  const records: Answer[] = isAliased ? [{ type: "CNAME", name: question.name, class: "IN", ttl: 0, data: name }] : [];
  if (answer.kind === "addresses") {
    const type = question.type === "A" ? "A" : "AAAA";
    for (const address of answer.addresses) records.push({ type, name, class: "IN", ttl: 0, data: address });
  } else if (answer.kind === "services") {
    for (const { target, ...record } of answer.records) {
      const data = { ...record, target: target === "" ? "." : target };
      records.push({ type: "SRV", name, class: "IN", ttl: 0, data });
    }
  } else if (answer.kind === "texts") {
    for (const strings of answer.records) records.push({ type: "TXT", name, class: "IN", ttl: 0, data: [...strings] });
  }
  return records;
}

/** The answer to a query. Nothing may be cached (TTL 0), since a server's behaviour can change at any moment. */
function packetOf(query: Packet, rcode: number, answers: Answer[]): Packet {
  return {
    type: "response",
    id: query.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | rcode,
    questions: query.questions ?? [],
    answers,
  };
}

function truncated(answer: Packet): Packet {
  return { ...answer, flags: (answer.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] };
}

/** How many bytes the resolver takes over UDP (RFC 6891 §6.2.3). */
function udpBytesOf(query: Packet): number {
  const options = query.additionals?.find((record) => record.type === "OPT");
  return options?.type === "OPT" ? Math.max(PLAIN_UDP_BYTES, options.udpPayloadSize) : PLAIN_UDP_BYTES;
}
