import type { ServerSoftware } from "@switchboard/domain";
import { CORS_HEADERS, type Reply, respond, textResponse } from "../plan.ts";
import { pickByText } from "../random.ts";

const SOFTWARE: readonly ServerSoftware[] = [
  { name: "Synapse", version: "1.149.0" },
  { name: "Synapse", version: "1.98.0 (b=hotfixes,1a2b3c4d5e)" },
  { name: "Dendrite", version: "0.15.2" },
  { name: "Conduit", version: "0.10.9" },
  { name: "continuwuity", version: "26.6.0" },
  { name: "Tuwunel", version: "1.5.0" },
];

/** The software that answers for a hostname; the same hostname has the same. */
export function softwareOf(hostname: string): ServerSoftware {
  return pickByText(SOFTWARE, `software of ${hostname}`);
}

/** The answer about the version of what runs at a hostname. */
export function answerVersion(hostname: string): Reply {
  return answerJson({ server: softwareOf(hostname) });
}

/** Delegates federation to a server name. */
export function delegateTo(serverName: string): Reply {
  return answerJson({ "m.server": serverName });
}

/** Any value as JSON. */
export function answerJson(value: unknown): Reply {
  return answerText(JSON.stringify(value));
}

/** A text that claims to be JSON. */
export function answerText(body: string): Reply {
  return respond(textResponse(200, [["content-type", "application/json"], ...CORS_HEADERS], body));
}

/** A web page where something else was asked for. */
export function answerPage(status: number): Reply {
  return respond(textResponse(status, [["content-type", "text/html"]], "<!doctype html><title>Welcome</title>\n"));
}

/** A redirect to another URL. */
export function redirectTo(location: string): Reply {
  return respond(textResponse(302, [["location", location]], ""));
}
