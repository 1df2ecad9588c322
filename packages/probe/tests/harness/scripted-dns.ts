import { createSocket } from "node:dgram";
import { once } from "node:events";
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, type Question } from "dns-packet";

/** How one record type of a name is answered: addresses, no data, a response code (RFC 1035 §4.1.1), or not at all. */
type ScriptedAnswer = readonly string[] | "servfail" | "nxdomain" | "refused" | "silence";
export type ScriptedName = {
  readonly a?: ScriptedAnswer;
  readonly aaaa?: ScriptedAnswer;
  /** SRV records are the simulator's to have; here they only fail. */
  readonly srv?: Exclude<ScriptedAnswer, readonly string[]>;
  readonly delayMs?: number;
};

export type ScriptedDns = {
  /** `ip:port`, as the prober takes it. */
  readonly server: string;
  readonly names: Map<string, ScriptedName>;
  /** The questions asked so far, as `type name`. */
  readonly asked: string[];
  readonly stop: () => Promise<void>;
};

const RCODES = { servfail: 2, nxdomain: 3, refused: 5 } as const;

/** A DNS server on loopback that knows the names it is given, and that no other exists. */
export async function startScriptedDns(): Promise<ScriptedDns> {
  const names = new Map<string, ScriptedName>();
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message, sender) => {
    const query = decode(message);
    const question = query.questions?.[0];
    if (question === undefined) return;
    asked.push(`${question.type} ${question.name}`);
    const script = names.get(question.name);
    const answer = script === undefined ? "nxdomain" : (answerOf(script, question.type) ?? []);
    if (answer === "silence") return;
    const reply = () => socket.send(encode(answerTo(query, answer)), sender.port, sender.address);
    if (script?.delayMs === undefined) reply();
    else setTimeout(reply, script.delayMs).unref();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    server: `127.0.0.1:${socket.address().port}`,
    names,
    asked,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answerOf(script: ScriptedName, type: Question["type"]): ScriptedAnswer | undefined {
  if (type === "SRV") return script.srv;
  return type === "A" ? script.a : script.aaaa;
}

function answerTo(query: Packet, answer: Exclude<ScriptedAnswer, "silence">): Packet {
  const question = query.questions?.[0];
  const type = question?.type === "A" ? "A" : "AAAA";
  const name = question?.name ?? "";
  return {
    type: "response",
    id: query.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | (typeof answer === "string" ? RCODES[answer] : 0),
    questions: query.questions ?? [],
    answers: typeof answer === "string" ? [] : answer.map((data) => ({ type, name, ttl: 0, class: "IN", data })),
  };
}
