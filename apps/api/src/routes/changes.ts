import {
  type Addresses,
  changeKindsParameter,
  changePageSchema,
  cursorParameter,
  limitParameter,
  serverNameParameter,
  toChange,
} from "@switchboard/contract";
import { serverKeyOf } from "@switchboard/domain";
import type { ChangeFilter, Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findAccess } from "../api-key.ts";
import { findListedServer } from "../find-listing.ts";
import { unwrapPage } from "../paging.ts";
import { problemResponses } from "../problems.ts";

export type ChangeRouteOptions = {
  readonly store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut" | "listChanges" | "findKey">;
};

const feedParameters = {
  since: cursorParameter.optional().meta({ description: "The resumeCursor (or nextCursor) of the page before." }),
  cursor: cursorParameter.optional().meta({ description: "The same as since, by the name that every list uses." }),
  limit: limitParameter,
  kind: changeKindsParameter.optional(),
};

/** Named differences, of one server or of the whole directory. */
export function buildChangeRoutes({ store }: ChangeRouteOptions): FastifyPluginAsyncZod {
  const listPage = async (
    filter: Pick<ChangeFilter, "order" | "serverName">,
    query: {
      since?: string | undefined;
      cursor?: string | undefined;
      limit: number;
      kind?: ChangeFilter["kinds"] | undefined;
    },
    addresses: Addresses,
  ) => {
    const cursor = query.since ?? query.cursor;
    const found = await store.listChanges({
      ...filter,
      limit: query.limit,
      ...(query.kind === undefined ? {} : { kinds: query.kind }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const { items, nextCursor, resumeCursor } = unwrapPage(
      found,
      cursor,
      query.since === undefined ? "cursor" : "since",
    );
    return { items: items.map((row) => toChange(row, addresses)), nextCursor, resumeCursor };
  };

  return async (app) => {
    app.get(
      "/servers/:name/changes",
      {
        schema: {
          tags: ["history"],
          summary: "A server's changes, the newest first",
          params: z.object({ name: serverNameParameter }),
          querystring: z.strictObject(feedParameters),
          response: { 200: changePageSchema, ...problemResponses },
        },
      },
      async ({ params: { name }, query }) => {
        const { serverName } = await findListedServer(store, name);
        return listPage({ order: "newest", serverName }, query, "with-addresses");
      },
    );

    app.get(
      "/changes",
      {
        schema: {
          tags: ["history"],
          summary: "The change feed, the oldest first",
          description:
            "Poll with since=resumeCursor of the last page: nothing is skipped. Addresses are left out without an API key, unless one server is asked for.",
          querystring: z.strictObject({ ...feedParameters, server: serverNameParameter.optional() }),
          response: { 200: changePageSchema, ...problemResponses },
        },
      },
      async (request) => {
        const access = await findAccess(request, store);
        const { server } = request.query;
        return server === undefined
          ? listPage({ order: "oldest" }, request.query, access)
          : listPage({ order: "oldest", serverName: serverKeyOf(server) }, request.query, "with-addresses");
      },
    );
  };
}
