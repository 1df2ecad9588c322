import {
  pageOf,
  pageParameters,
  revisionNumberParameter,
  revisionSchema,
  revisionSummarySchema,
  serverNameParameter,
  toRevision,
  toRevisionSummary,
} from "@switchboard/contract";
import { serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findListedServer } from "../find-listing.ts";
import { toPaging, unwrapPage } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

export type RevisionRouteOptions = {
  readonly store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut" | "listRevisions" | "findRevision">;
};

/** What a server published over time: every distinct content, and each as served and as parsed. */
export function buildRevisionRoutes({ store }: RevisionRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/servers/:name/revisions",
      {
        schema: {
          tags: ["history"],
          summary: "A server's revisions, the newest first",
          params: z.object({ name: serverNameParameter }),
          querystring: z.strictObject(pageParameters),
          response: { 200: pageOf(revisionSummarySchema), ...problemResponses },
        },
      },
      async ({ params: { name }, query }) => {
        await findListedServer(store, name);
        const found = await store.listRevisions(serverKeyOf(name), toPaging(query));
        const { items, nextCursor } = unwrapPage(found, query.cursor, "cursor");
        return { items: items.map(toRevisionSummary), nextCursor };
      },
    );

    app.get(
      "/servers/:name/revisions/:revision",
      {
        schema: {
          tags: ["history"],
          summary: "One revision, as served and as parsed",
          params: z.object({ name: serverNameParameter, revision: revisionNumberParameter }),
          querystring: z.strictObject({}),
          response: { 200: revisionSchema, ...problemResponses },
        },
      },
      async ({ params: { name, revision: number } }) => {
        const { serverName } = await findListedServer(store, name);
        const revision = await store.findRevision(serverName, number);
        if (revision !== null) return toRevision(serverName, revision);
        const detail = `${serverName} has no revision ${number}`;
        const fix = `See /v1/servers/${encodeURIComponent(serverName)}/revisions for those it has.`;
        throw new RequestProblem({
          slug: "unknown-revision",
          detail: `${detail}. ${fix}`,
          errors: [{ field: "revision", value: String(number), detail, fix }],
        });
      },
    );
  };
}
