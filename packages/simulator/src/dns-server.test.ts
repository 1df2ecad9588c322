import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DnsServer, startDnsServer } from "./dns-server.ts";
import { type DnsPlan, resolvesTo } from "./plan.ts";

const MANY = Array.from({ length: 60 }, (_, n) => `127.64.0.${n + 1}`);

const PLANS: Readonly<Record<string, DnsPlan>> = {
  "one.fed.test": resolvesTo(["127.64.0.1"]),
  "many.fed.test": resolvesTo(MANY),
  "silent.fed.test": { ...resolvesTo([]), ipv4: { kind: "silence" } },
};

const QUERY: Packet = { type: "query", id: 7, questions: [{ type: "A", name: "one.fed.test" }] };

describe("startDnsServer", () => {
  let server: DnsServer;

  beforeEach(async () => {
    server = await startDnsServer((hostname) => PLANS[hostname] ?? null, 0);
  });

  afterEach(() => server.stop());

  async function overUdp(...messages: Uint8Array[]): Promise<Packet> {
    const socket = createSocket("udp4");
    for (const message of messages) socket.send(message, server.port, "127.0.0.1");
    const [answer] = await once(socket, "message");
    socket.close();
    return decode(answer);
  }

  it("answers with authority and no time to live", async () => {
    const answer = await overUdp(encode(QUERY));
    expect(answer).toMatchObject({
      id: 7,
      flag_aa: true,
      rcode: "NOERROR",
      answers: [{ type: "A", name: "one.fed.test", data: "127.64.0.1", ttl: 0 }],
    });
  });

  it("answers nobody while it is told not to", async () => {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
    server.setAnswering(false);
    await expect(resolver.resolve4("one.fed.test")).rejects.toMatchObject({ code: "ETIMEOUT" });
    server.setAnswering(true);
    expect(await resolver.resolve4("one.fed.test")).toEqual(["127.64.0.1"]);
  });

  it("cuts an answer that is too long for the datagram that the resolver takes", async () => {
    const questions: Packet["questions"] = [{ type: "A", name: "many.fed.test" }];
    const plain = await overUdp(encode({ ...QUERY, questions }));
    expect(plain).toMatchObject({ flag_tc: true, answers: [] });
    const roomy = await overUdp(
      encode({
        ...QUERY,
        questions,
        additionals: [
          {
            type: "OPT",
            name: ".",
            udpPayloadSize: 4096,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ],
      }),
    );
    expect(roomy).toMatchObject({ flag_tc: false });
    expect(roomy.answers).toHaveLength(60);
  });

  it("answers several questions on one TCP connection, however they are cut", async () => {
    const socket = connect({ host: "127.0.0.1", port: server.port });
    const bytes = Buffer.concat([streamEncode(QUERY), streamEncode({ ...QUERY, id: 8 })]);
    socket.write(bytes.subarray(0, 5));
    setTimeout(() => socket.write(bytes.subarray(5)), 20);
    let received = Buffer.alloc(0);
    const expected = 2 * streamEncode(await overUdp(encode(QUERY))).length;
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      if (received.length >= expected) break;
    }
    const second = received.subarray(2 + received.readUInt16BE(0));
    expect([streamDecode(received).id, streamDecode(second).id]).toEqual([7, 8]);
  });

  it("drops what is no question", async () => {
    const nonsense = Uint8Array.from([1, 2, 3]);
    const response = encode({ ...QUERY, type: "response", id: 1 });
    const empty = encode({ type: "query", id: 2, questions: [] });
    expect((await overUdp(nonsense, response, empty, encode(QUERY))).id).toBe(7);
  });

  it("says nothing where it is told to", async () => {
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
    await expect(resolver.resolve4("silent.fed.test")).rejects.toMatchObject({ code: "ETIMEOUT" });
    await expect(resolver.resolve4("none.fed.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});
