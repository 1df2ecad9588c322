import { type Client, createClient } from "@switchboard/contract";
import type { Result } from "@switchboard/domain";
import type { FastifyInstance } from "fastify";

/** The contract's client, talking to an app without a network. */
export function createInjectClient(app: FastifyInstance, apiKey: string | null = null): Client {
  return createClient({
    url: "",
    apiKey,
    async fetch(url, { method, headers, body }) {
      const payload = body === undefined ? {} : { payload: typeof body === "string" ? body : Buffer.from(body) };
      const response = await app.inject({ url, method: method === "POST" ? "POST" : "GET", headers, ...payload });
      return { status: response.statusCode, json: async () => response.json() };
    },
  });
}

/** The value of an answer that must not be a problem. */
export async function unwrap<T>(answer: Promise<Result<T, { readonly detail: string }>>): Promise<T> {
  const result = await answer;
  if (result.ok) return result.value;
  throw new Error(result.error.detail);
}
