import { operatorOf } from "../operator.ts";
import { CORS_HEADERS, healthyHost, notFound, type Plan, respond, type Site, textResponse } from "../plan.ts";

export const ABSENCES = [
  "not-found",
  "not-found-page",
  "gone",
  "empty-object",
  "empty-contacts",
  "policies-only",
] as const;

/** Answers honestly that there is no document, or with one that publishes nothing. */
export type AbsentBehaviour = { readonly family: "absent"; readonly how: (typeof ABSENCES)[number] };

/** What a server does that publishes nothing. */
export function planAbsent(behaviour: AbsentBehaviour, site: Site): Plan {
  const reply = absentReply(behaviour.how, site);
  return { hosts: { own: healthyHost(site) }, reply: () => reply, truth: { kind: "absent" } };
}

function absentReply(how: AbsentBehaviour["how"], site: Site) {
  const json = (value: unknown) =>
    respond(textResponse(200, [["content-type", "application/json"], ...CORS_HEADERS], JSON.stringify(value)));
  switch (how) {
    case "not-found":
      return notFound();
    case "not-found-page":
      return respond(
        textResponse(404, [["content-type", "text/html"]], "<!doctype html><title>404</title><h1>Not found</h1>\n"),
      );
    case "gone":
      return respond(textResponse(410, [["content-type", "text/plain"]], "gone\n"));
    case "empty-object":
      return json({});
    case "empty-contacts":
      return json({ contacts: [] });
    case "policies-only":
      return json({
        policies: {
          terms_of_service: {
            version: "1.0",
            en: { name: "Terms of service", url: `https://${operatorOf(site.hostname).site}/terms` },
          },
        },
      });
  }
}
