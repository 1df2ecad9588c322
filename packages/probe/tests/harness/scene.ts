import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type Site, startWebSite } from "./sites.ts";
import { hostname, startTestNetwork, type TestNetwork } from "./test-network.ts";

/** A request as a site of a scene got it. */
type Request = { readonly host: string; readonly path: string; readonly headers: IncomingHttpHeaders };

/** A network for the tests of a file, with the sites of one test. */
export type Scene = {
  readonly network: TestNetwork;
  /** Stops a site when the test is over. */
  keep(site: Site): void;
  /** A web server for every name below `fed.test`, whose requests are kept; {@link NAME} resolves to it. */
  webSite(
    answer: (request: Request, response: ServerResponse) => void,
  ): Promise<Site & { readonly requests: readonly Request[] }>;
};

export const NAME = hostname("server.fed.test");
export const DOCUMENT = '{"contacts":[]}';

/** Sets a scene up for the test file it is called in. */
export function setUpScene(): Scene {
  const sites: Site[] = [];
  let started: TestNetwork | undefined;

  function network(): TestNetwork {
    if (started === undefined) throw new Error("the scene is there once the tests run");
    return started;
  }

  beforeAll(async () => {
    started = await startTestNetwork();
  });
  afterEach(async () => {
    await Promise.all(sites.splice(0).map((site) => site.stop()));
    network().dns.names.clear();
    network().dns.asked.length = 0;
  });
  afterAll(() => network().stop());

  return {
    get network() {
      return network();
    },
    keep: (site) => void sites.push(site),
    async webSite(answer) {
      const requests: Request[] = [];
      const site = await startWebSite(network().credential, ({ headers, url }, response) => {
        const request = { host: headers.host ?? "", path: url ?? "", headers };
        requests.push(request);
        answer(request, response);
      });
      sites.push(site);
      network().dns.names.set(NAME, { a: ["127.0.0.1"] });
      return { ...site, requests };
    },
  };
}

/** Answers with a support document. */
export function serve(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(DOCUMENT);
}
