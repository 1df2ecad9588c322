import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, type Question } from "dns-packet";

/** How one record type of a name is answered: addresses, no data, a response code (RFC 1035 §4.1.1), or not at all. */
type ScriptedAnswer = readonly string[] | "servfail" | "nxdomain" | "refused" | "silence";
export type ScriptedName = {
  readonly a?: ScriptedAnswer;
  readonly aaaa?: ScriptedAnswer;
  /** SRV records are the simulator's to have; here they only fail. */
  readonly srv?: Exclude<ScriptedAnswer, readonly string[]>;
  /** The TXT records of `_switchboard.` before the name, each as its strings. */
  readonly txt?: readonly (readonly string[])[] | Exclude<ScriptedAnswer, readonly string[]>;
  readonly delayMs?: number;
  /** Of TXT records only; `delayMs` where not given. */
  readonly txtDelayMs?: number;
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
    const script = names.get(question.name.replace(/^_switchboard\./, ""));
    const answer = script === undefined ? "nxdomain" : (answerOf(script, question.type) ?? []);
    if (answer === "silence") return;
    const reply = () => socket.send(encode(answerTo(query, answer)), sender.port, sender.address);
    const delayMs = question.type === "TXT" ? (script?.txtDelayMs ?? script?.delayMs) : script?.delayMs;
    if (delayMs === undefined) reply();
    else setTimeout(reply, delayMs).unref();
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

function answerOf(script: ScriptedName, type: Question["type"]): ScriptedAnswer | ScriptedName["txt"] {
  if (type === "SRV") return script.srv;
  if (type === "TXT") return script.txt;
  return type === "A" ? script.a : script.aaaa;
}

type SpokenAnswer = Exclude<NonNullable<ReturnType<typeof answerOf>>, "silence">;

function answerTo(query: Packet, answer: SpokenAnswer): Packet {
  const question = query.questions?.[0];
  const name = question?.name ?? "";
  return {
    type: "response",
    id: query.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | (typeof answer === "string" ? RCODES[answer] : 0),
    questions: query.questions ?? [],
    answers: typeof answer === "string" ? [] : answer.map((data) => toRecord(name, question?.type, data)),
  };
}

function toRecord(name: string, type: Question["type"] | undefined, data: string | readonly string[]): Answer {
  const common = { name, ttl: 0, class: "IN" } as const;
  if (typeof data !== "string") return { ...common, type: "TXT", data: [...data] };
  return { ...common, type: type === "A" ? "A" : "AAAA", data };
}
