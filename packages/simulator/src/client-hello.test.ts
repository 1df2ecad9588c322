import { once } from "node:events";
import { createServer } from "node:net";
import { connect } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** The first bytes that Node's TLS client sends. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = createServer().listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect({ host: "127.0.0.1", port, servername }).on("error", () => {});
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  client.destroy();
  server.close();
  return bytes;
}

describe("readClientHello", () => {
  it("reads the host that a client names, in lower case", async () => {
    expect(readClientHello(await helloOf("Alder.fed.test"))).toEqual({ kind: "hello", hostname: "alder.fed.test" });
  });

  it("reads that a client names none", async () => {
    expect(readClientHello(await helloOf(""))).toEqual({ kind: "hello", hostname: null });
  });

  it("waits for the whole hello, wherever it was cut", async () => {
    const bytes = await helloOf("alder.fed.test");
    for (let end = 0; end < bytes.length; end += 1) {
      expect(readClientHello(bytes.subarray(0, end))).toEqual({ kind: "incomplete" });
    }
  });

  it("knows what is no TLS", () => {
    expect(readClientHello(Buffer.from("GET / HTTP/1.1\r\n"))).toEqual({ kind: "not-tls" });
  });

  it("takes any bytes", async () => {
    const bytes = await helloOf("alder.fed.test");
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void readClientHello(Buffer.from(noise))));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        readClientHello(damaged);
      }),
    );
  });
});
