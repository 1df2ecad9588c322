import { lintResultSchema, MAX_LINT_BYTES, serverNameParameter, toLintResult } from "@switchboard/contract";
import { parseSupportDocument } from "@switchboard/domain";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problemResponses } from "../problems.ts";

/** Findings on a posted document, whatever its content type says: the bytes are what is judged. */
export function buildLintRoutes(): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    app.post(
      "/lint",
      {
        bodyLimit: MAX_LINT_BYTES,
        config: { lookUp: true },
        schema: {
          tags: ["lint"],
          summary: "Findings on a support document",
          description: `The document is the body, at most ${MAX_LINT_BYTES} bytes, of any content type. Nothing is stored.`,
          querystring: z.strictObject({
            server: serverNameParameter
              .optional()
              .meta({ description: "Whose document it is: some findings need to know." }),
          }),
          response: { 200: lintResultSchema, ...problemResponses },
        },
      },
      async ({ body, query: { server } }) => {
        const bytes = body instanceof Uint8Array ? body : new Uint8Array();
        return toLintResult(parseSupportDocument(bytes, server === undefined ? {} : { server }));
      },
    );
  };
}
