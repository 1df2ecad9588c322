import type { Addresses } from "@switchboard/contract";
import type { Store } from "@switchboard/store";
import type { FastifyRequest } from "fastify";
import { RequestProblem } from "./request-problem.ts";

/**
 * What the request's API key allows: addresses in bulk with one, none without. A key that is not valid is a problem, not
 * a request without a key: its holder would wonder where the addresses went.
 */
export async function findAccess(request: FastifyRequest, store: Pick<Store, "findKey">): Promise<Addresses> {
  const { authorization } = request.headers;
  if (authorization === undefined) return "without-addresses";
  const secret = /^Bearer +(?<secret>[\x21-\x7e]{1,200})$/i.exec(authorization)?.groups?.["secret"];
  if (secret !== undefined && (await store.findKey(secret)) !== null) return "with-addresses";
  throw new RequestProblem({
    slug: "key-refused",
    detail: "The Authorization header holds no valid API key.",
    errors: [
      {
        field: "authorization",
        value: null,
        detail: secret === undefined ? "is no Bearer credential" : "is no key of this directory, or a revoked one",
        fix: "Send Authorization: Bearer KEY with a key made by `switchboard keys create`, or leave the header out.",
      },
    ],
  });
}
