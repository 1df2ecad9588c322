import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import {
  FETCH_FAILURES,
  FETCH_REFUSALS,
  type FetchFailure,
  type FetchRefusal,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
} from "@switchboard/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProberOptions } from "../src/index.ts";
import type { ScriptedName } from "./harness/scripted-dns.ts";
import { findClosedPort, type Site, startTcpSite, startTlsSite, startWebSite } from "./harness/sites.ts";
import { hostname, startTestNetwork, type TestNetwork, unaborted } from "./harness/test-network.ts";

/** A server that misbehaves in one way. */
type Arrangement = {
  readonly port: number;
  readonly stop: () => Promise<void>;
  readonly options?: Partial<ProberOptions>;
  readonly dns?: ScriptedName | null;
};
type Scenario = {
  readonly arrange: () => Promise<Arrangement>;
  /** What the detail must name. */
  readonly names: RegExp;
  readonly hostname?: string;
};
type Scenarios = Readonly<Record<string, Scenario>>;

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork();
});
afterAll(() => network.stop());

/** What the detail of a failure by time names is how long was waited; kept short for the tests' sake. */
const IMPATIENT = { deadlineMs: 800, connectTimeoutMs: 400 };

function dnsSays(dns: ScriptedName | null, names: RegExp, options: Partial<ProberOptions> = {}): Scenario {
  return { names, arrange: async () => ({ port: 443, stop: async () => {}, dns, options }) };
}

function webSays(onRequest: RequestListener, names: RegExp, options: Partial<ProberOptions> = {}): Scenario {
  return { names, arrange: async () => ({ ...siteOf(await startWebSite(network.credential, onRequest)), options }) };
}

function tlsSays(answer: (write: (text: string) => void, socket: Socket) => void, names: RegExp): Scenario {
  return {
    names,
    arrange: async () =>
      siteOf(
        await startTlsSite(network.credential, (socket) => {
          socket.once("data", () => answer((text) => socket.write(text), socket));
        }),
      ),
  };
}

function tcpSays(
  onConnection: (socket: Socket) => void,
  names: RegExp,
  options: Partial<ProberOptions> = {},
): Scenario {
  return { names, arrange: async () => ({ ...siteOf(await startTcpSite(onConnection)), options }) };
}

function siteOf({ port, stop }: Site): Arrangement {
  return { port, stop };
}

function redirects(locate: (request: { url: string; port: number }) => string, names: RegExp): Scenario {
  return webSays(
    (request, response) => redirect(response, locate({ url: request.url ?? "", port: request.socket.localPort ?? 0 })),
    names,
  );
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end();
}

/** One byte at a time, until the client has had enough. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer));
}

const FAILURES: Readonly<Record<FetchFailure, Scenarios>> = {
  "dns-not-found": {
    "the name does not exist": dnsSays(null, /does not exist/),
    "the name does not exist, says one family": dnsSays({ a: [], aaaa: "nxdomain" }, /does not exist/),
    "a label is too long": { ...dnsSays(null, /cannot be a DNS name/), hostname: `${"a".repeat(64)}.test` },
    "a URL cannot hold the name": { ...dnsSays(null, /is no URL/), hostname: "1.2.3.4.5" },
  },
  "dns-no-address": { "the name has no address records": dnsSays({}, /ENODATA/) },
  "dns-failure": {
    "the servers fail": dnsSays({ a: "servfail", aaaa: "servfail" }, /ESERVFAIL/),
    "the servers refuse": dnsSays({ a: "refused", aaaa: "refused" }, /EREFUSED/),
    "one family fails and the other is empty": dnsSays({ a: [], aaaa: "servfail" }, /ESERVFAIL/),
  },
  "dns-timeout": {
    "nobody answers until the tries are used up": dnsSays({ a: "silence", aaaa: "silence" }, /ETIMEOUT/, {
      deadlineMs: 1_500,
    }),
    "nobody answers until the deadline": dnsSays({ a: "silence", aaaa: "silence" }, /within 100 ms/, {
      deadlineMs: 100,
    }),
    "one family is silent and the other empty": dnsSays({ a: "silence", aaaa: [] }, /within 100 ms/, {
      deadlineMs: 100,
    }),
  },
  "connect-refused": {
    "nobody listens": {
      names: /ECONNREFUSED 127\.0\.0\.1/,
      arrange: async () => ({ port: await findClosedPort(), stop: async () => {} }),
    },
    "nobody listens, at any address": {
      names: /127\.0\.0\.1: .*; ::1: /,
      arrange: async () => ({
        port: await findClosedPort(),
        stop: async () => {},
        dns: { a: ["127.0.0.1"], aaaa: ["::1"] },
      }),
    },
  },
  "connect-unreachable": {
    "no connection can be made to such an address": dnsSays({ a: ["224.0.0.1"] }, /224\.0\.0\.1/, {
      allowNetworks: ["224.0.0.0/4"],
    }),
  },
  "connect-timeout": {
    "the handshake is not answered": tcpSays(() => {}, /no TLS handshake with 127\.0\.0\.1 within 400 ms/, IMPATIENT),
    "the handshake is not answered before the deadline": tcpSays(() => {}, /within 500 ms/, { deadlineMs: 500 }),
  },
  "connection-reset": {
    "in the handshake": tcpSays(
      (socket) => socket.once("data", () => socket.resetAndDestroy()),
      /ECONNRESET|reset|disconnected/,
    ),
    "closed in the handshake": tcpSays((socket) => socket.once("data", () => socket.destroy()), /disconnected/),
    "before the answer": tlsSays((_write, socket) => socket.destroy(), /closed/),
    "in the headers": tlsSays((write, socket) => {
      write("HTTP/1.1 200 OK\r\ncontent-type: app");
      socket.end();
    }, /closed|terminated/),
    "before the announced end of the body": tlsSays((write, socket) => {
      write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
      socket.end();
    }, /./),
    "before the last chunk": tlsSays((write, socket) => {
      write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n");
      socket.end();
    }, /./),
  },
  "tls-expired": {
    "the certificate is out of date": {
      names: /certificate expired on 2026-03-04/,
      arrange: async () =>
        siteOf(
          await startWebSite(
            await network.authority.issue({ names: ["*.fed.test"], notAfter: "2026-03-04" }),
            answerEmpty,
          ),
        ),
    },
  },
  "tls-self-signed": {
    "the certificate is its own issuer": {
      names: /signed by itself/,
      arrange: async () =>
        siteOf(await startWebSite(await network.authority.selfSign({ names: ["*.fed.test"] }), answerEmpty)),
    },
  },
  "tls-untrusted": {
    "nobody trusts the issuer": {
      names: /not trusted: unable to/,
      arrange: async () =>
        siteOf(await startWebSite(await network.stranger.issue({ names: ["*.fed.test"] }), answerEmpty)),
    },
    "the issuer's own certificate is sent too": {
      names: /not trusted: self.signed certificate in/,
      arrange: async () => {
        const { cert, key } = await network.stranger.issue({ names: ["*.fed.test"] });
        return siteOf(await startWebSite({ cert: `${cert}\n${network.stranger.caPem}`, key }, answerEmpty));
      },
    },
  },
  "tls-wrong-name": {
    "the certificate is another's": {
      names: /not for .*\.fed\.test but for DNS:other\.test/,
      arrange: async () =>
        siteOf(await startWebSite(await network.authority.issue({ names: ["other.test"] }), answerEmpty)),
    },
    "a wildcard stands for one label only": {
      hostname: "a.b.fed.test",
      names: /not for a\.b\.fed\.test/,
      arrange: async () => siteOf(await startWebSite(network.credential, answerEmpty)),
    },
  },
  "tls-failure": {
    "the server speaks plain HTTP": tcpSays(
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      /wrong version|packet length/,
    ),
    "the server refuses the handshake": tcpSays(
      (socket) => socket.once("data", () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]))),
      /handshake failure/,
    ),
    "the server speaks TLS 1.1 only": {
      names: /TLS handshake failed/,
      arrange: async () => {
        const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
        return siteOf(await startWebSite({ ...network.credential, ...old }, answerEmpty));
      },
    },
    "the server asks for a certificate of ours": {
      names: /handshake failure/,
      arrange: async () =>
        siteOf(
          await startWebSite(
            { ...network.credential, maxVersion: "TLSv1.2", requestCert: true, rejectUnauthorized: true },
            answerEmpty,
          ),
        ),
    },
    "the certificate is not valid yet": {
      names: /not valid before 2098-01-01/,
      arrange: async () =>
        siteOf(
          await startWebSite(
            await network.authority.issue({ names: ["*.fed.test"], notBefore: "2098-01-01" }),
            answerEmpty,
          ),
        ),
    },
  },
  timeout: {
    "no answer": webSays(() => {}, /within 800 ms/, IMPATIENT),
    "a body that drips": webSays(
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        drip(response);
      },
      /within 800 ms/,
      IMPATIENT,
    ),
    "a body that drips after a redirect": webSays(
      (request, response) => {
        if (request.url !== "/slow") redirect(response, "/slow");
        else drip(response);
      },
      /within 800 ms/,
      IMPATIENT,
    ),
  },
  "body-too-large": {
    "one byte too many is announced": webSays(
      (_request, response) => response.writeHead(200, { "content-length": MAX_BODY_BYTES + 1 }).write(" "),
      /more than 65536 bytes/,
    ),
    "one byte too many comes": webSays((_request, response) => {
      response.writeHead(200);
      response.write(" ".repeat(MAX_BODY_BYTES));
      response.end(" ");
    }, /more than 65536 bytes/),
    "too much comes out of a small body": webSays(
      (_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50_000_000))),
      /once gzip is undone/,
    ),
  },
  "headers-too-large": {
    "one long header": webSays(
      (_request, response) => response.writeHead(200, { "x-long": "x".repeat(MAX_HEADER_BYTES) }).end(),
      /./,
    ),
    "many headers": tlsSays((write) => {
      write("HTTP/1.1 200 OK\r\n");
      for (let n = 0; n < 2_000; n += 1) write(`x-${n}: ${n}\r\n`);
    }, /./),
  },
  "redirect-loop": {
    "to itself": redirects(({ url }) => url, /again/),
    "to itself but for the fragment": redirects(({ url }) => `${url}#there`, /again/),
    "in a circle": redirects(({ url }) => (url === "/there" ? "/.well-known/matrix/support" : "/there"), /again/),
  },
  "too-many-redirects": {
    "always one more": redirects(({ url }) => `${url}x`, /more than 5 times/),
  },
  "protocol-error": {
    "another protocol": tlsSays((write) => write("220 mail.example.org ESMTP\r\n"), /./),
    "a chunk that is none": tlsSays(
      (write) => write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
      /./,
    ),
    "informational responses without end": tlsSays((write) => {
      for (let n = 0; n < 100; n += 1) write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    }, /informational/),
    "a coding that the body is not in": webSays(
      (_request, response) => response.writeHead(200, { "content-encoding": "br" }).end('{"contacts":[]}'),
      /not the br/,
    ),
  },
};

const REFUSALS: Readonly<Record<FetchRefusal, Scenarios>> = {
  "forbidden-address": {
    "the name's only address": dnsSays({ a: ["10.0.0.1"] }, /stands for 10\.0\.0\.1/),
    "one address of several": dnsSays({ a: ["127.0.0.1", "192.168.0.1"] }, /192\.168\.0\.1/),
    "the other family's address": dnsSays({ a: ["127.0.0.1"], aaaa: ["fd00::1"] }, /fd00::1/),
    "a mapped address": dnsSays({ aaaa: ["::ffff:169.254.169.254"] }, /169\.254\.169\.254|a9fe:a9fe/),
    "an address hidden among many": dnsSays(
      { a: [...Array.from({ length: 25 }, (_, n) => `127.0.0.${n + 1}`), "10.0.0.1"] },
      /10\.0\.0\.1/,
    ),
    "an IPv4 literal": { ...dnsSays(null, /10\.0\.0\.1/), hostname: "10.0.0.1" },
    "an IPv6 literal": { ...dnsSays(null, /fe80::1/), hostname: "[fe80::1]" },
    "a name that a URL parser reads as an address": { ...dnsSays(null, /10\.0\.0\.1/), hostname: "0x0a.1" },
    "a literal in a redirect": redirects(({ port }) => `https://169.254.169.254:${port}/latest/meta-data/`, /169\.254/),
    "a disguised literal in a redirect": redirects(({ port }) => `https://0xa9fea9fe:${port}/latest/`, /169\.254/),
    "a name in a redirect": redirects(({ port }) => `https://internal.fed.test:${port}/`, /internal\.fed\.test/),
  },
  "redirect-to-http": { "to http": redirects(() => "http://www.fed.test/", /http:\/\/www\.fed\.test/) },
  "redirect-to-other-scheme": { "to a file": redirects(() => "file:///etc/passwd", /file:/) },
  "redirect-with-credentials": {
    "with a password": redirects(
      ({ port }) => `https://reader:secret@www.fed.test:${port}/`,
      /^redirected to https:\/\/www/,
    ),
  },
  "redirect-to-forbidden-port": { "to SSH": redirects(() => "https://www.fed.test:22/", /:22/) },
  "redirect-to-opted-out": {
    "by a TXT record": redirects(
      ({ port }) => `https://left-alone.fed.test:${port}/`,
      /^redirected to https:\/\/left-alone/,
    ),
  },
  "opted-out": {
    "by a TXT record": dnsSays(
      { a: ["127.0.0.1"], txt: [["v=switchboard1; directory=no"]] },
      /_switchboard\.n\d+\.fed\.test says directory=no/,
    ),
    "by a TXT record of a name without addresses": dnsSays({ txt: [["v=switchboard1;directory=no"]] }, /directory=no/),
  },
};

function answerEmpty(_request: unknown, response: ServerResponse): void {
  response.end("{}");
}

let nextLabel = 0;

async function probeScenario({ arrange, hostname: asked }: Scenario) {
  nextLabel += 1;
  const name = asked ?? `n${nextLabel}.fed.test`;
  const { port, stop, options, dns } = await arrange();
  network.dns.names.set("internal.fed.test", { a: ["10.0.0.1"] });
  network.dns.names.set("left-alone.fed.test", { a: ["127.0.0.1"], txt: [["v=switchboard1; directory=no"]] });
  if (dns !== null) network.dns.names.set(name, dns ?? { a: ["127.0.0.1"] });
  try {
    return await network.proberAt(port, options).probe(hostname(name), null, unaborted());
  } finally {
    await stop();
  }
}

describe.each(FETCH_FAILURES)("%s", (reason) => {
  test.each(Object.entries(FAILURES[reason]))("%s", async (_title, scenario) => {
    const { end, hops } = await probeScenario(scenario);
    expect(end).toEqual({ kind: "failed", reason, detail: expect.stringMatching(scenario.names) });
    expect(hops[0]?.url).toMatch(/^https:.*\/\.well-known\/matrix\/support$/);
  });
});

describe.each(FETCH_REFUSALS)("%s", (reason) => {
  test.each(Object.entries(REFUSALS[reason]))("%s", async (_title, scenario) => {
    const { end } = await probeScenario(scenario);
    expect(end).toEqual({ kind: "declined", reason, detail: expect.stringMatching(scenario.names) });
  });
});
