import { hostnameOf, type Instant, type ServerName } from "@switchboard/domain";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { registerEntityTags } from "../entity-tag.ts";
import { html } from "../html.ts";
import { layOut } from "../page-layout.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

export type CanaryRouteOptions = {
  /** The server name that the operator has pointed at this api. */
  readonly name: ServerName;
  readonly clock: () => Instant;
  readonly publicUrl: string;
};

/** What the canary serves: its support document, another one each day (UTC), and the page that this leads to. */
export function buildCanaryRoutes({ name, clock, publicUrl }: CanaryRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    registerEntityTags(app);

    app.get(
      "/.well-known/matrix/support",
      { schema: { hide: true, response: { 200: z.object({ support_page: z.string() }), ...problemResponses } } },
      async (request) => {
        if (request.hostname.toLowerCase() !== hostnameOf(name)) {
          throw new RequestProblem({
            slug: "unknown-resource",
            detail: `Here is no homeserver. Only as ${name} is a support document served, for this instance's own checks.`,
          });
        }
        return { support_page: `${publicUrl}/canary/${new Date(clock()).toISOString().slice(0, 10)}` };
      },
    );

    app.get(
      "/canary/:day",
      { schema: { hide: true, params: z.object({ day: z.iso.date() }) } },
      async ({ params: { day } }, reply) => {
        reply.type("text/html; charset=utf-8");
        return layOut(
          `The canary of ${day}`,
          html`<h1>The canary of ${day}</h1>
<p><bdi>${name}</bdi> is no homeserver, and nobody can be reached here. This instance of Switchboard serves its support
document itself, with the day in it, and watches whether each day's change arrives in its own directory.</p>
<p><a href="/#/${encodeURIComponent(name)}">What the directory says of it</a></p>`,
        );
      },
    );
  };
}
