import type { FastifyInstance } from "fastify";
import { RequestProblem } from "./request-problem.ts";
import { describeValue } from "./validation-problem.ts";

/** Refuses compressed bodies (RFC 9110 §8.4): a small one could unfold to anything. */
export function refuseCodedBodies(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    const coding = headers["content-encoding"];
    if (coding === undefined || coding === "identity") return done();
    throw new RequestProblem({
      slug: "unsupported-media-type",
      detail: "The body is encoded: send it as it is, without Content-Encoding.",
      errors: [
        {
          field: "content-encoding",
          value: describeValue(coding),
          detail: "is not read here",
          fix: "Send the body as it is and leave this header out.",
        },
      ],
    });
  });
}
