import { err, ok, type Result } from "@switchboard/domain";
import type { Behaviour } from "./behaviour.ts";
import { ABSENCES } from "./behaviours/absent-behaviour.ts";
import { CERTIFICATE_FAULTS } from "./behaviours/certificate-behaviour.ts";
import { CONNECTION_FAULTS } from "./behaviours/connection-behaviour.ts";
import { DNS_ANSWERS } from "./behaviours/dns-behaviour.ts";
import { DELIVERIES, type DocumentBehaviour, type VerbatimBehaviour } from "./behaviours/document-behaviour.ts";
import { EXCESSES } from "./behaviours/excess-behaviour.ts";
import { OPT_OUTS } from "./behaviours/opt-out-behaviour.ts";
import { REDIRECTS } from "./behaviours/redirect-behaviour.ts";
import { AFTERWARDS, isScriptStep, type ScriptedBehaviour, type ScriptStep } from "./behaviours/scripted-behaviour.ts";
import { STATUSES, type StatusBehaviour } from "./behaviours/status-behaviour.ts";
import { UNUSABLE_ANSWERS } from "./behaviours/unusable-behaviour.ts";
import { DOCUMENT_NAMES } from "./documents/support-documents.ts";

type Fields = Readonly<Record<string, unknown>>;

const FAMILIES = [
  "document",
  "verbatim",
  "absent",
  "unusable",
  "status",
  "redirect",
  "certificate",
  "connection",
  "excess",
  "dns",
  "opt-out",
  "scripted",
] as const satisfies readonly Behaviour["family"][];

/** Parses a behaviour from JSON. The error is a line that names the field, the value and what may stand there. */
export function parseBehaviour(value: unknown): Result<Behaviour, string> {
  if (!isFields(value)) return err("a behaviour is a JSON object");
  const family = oneOf(value, "family", FAMILIES);
  if (!family.ok) return family;
  switch (family.value) {
    case "document":
      return parseDocument(value);
    case "verbatim":
      return parseVerbatim(value);
    case "status":
      return parseStatus(value);
    case "scripted":
      return parseScripted(value);
    case "absent":
      return map(oneOf(value, "how", ABSENCES), (how) => ({ family: "absent", how }));
    case "unusable":
      return map(oneOf(value, "how", UNUSABLE_ANSWERS), (how) => ({ family: "unusable", how }));
    case "redirect":
      return map(oneOf(value, "how", REDIRECTS), (how) => ({ family: "redirect", how }));
    case "certificate":
      return map(oneOf(value, "how", CERTIFICATE_FAULTS), (how) => ({ family: "certificate", how }));
    case "connection":
      return map(oneOf(value, "how", CONNECTION_FAULTS), (how) => ({ family: "connection", how }));
    case "excess":
      return map(oneOf(value, "how", EXCESSES), (how) => ({ family: "excess", how }));
    case "dns":
      return map(oneOf(value, "how", DNS_ANSWERS), (how) => ({ family: "dns", how }));
    case "opt-out":
      return map(oneOf(value, "how", OPT_OUTS), (how) => ({ family: "opt-out", how }));
  }
}

function parseDocument(fields: Fields): Result<DocumentBehaviour, string> {
  const document = oneOf(fields, "document", DOCUMENT_NAMES);
  if (!document.ok) return document;
  return map(oneOf({ delivery: "plain", ...fields }, "delivery", DELIVERIES), (delivery) => ({
    family: "document",
    document: document.value,
    delivery,
  }));
}

function parseVerbatim({ base64, contentType = "application/json" }: Fields): Result<VerbatimBehaviour, string> {
  if (typeof base64 !== "string") return err("base64: the bytes to serve, in base64");
  if (typeof contentType !== "string" || !/^[\x20-\x7e]+$/.test(contentType)) return err("contentType: a header value");
  return ok({ family: "verbatim", base64, contentType });
}

function parseStatus(fields: Fields): Result<StatusBehaviour, string> {
  const { retryAfterSeconds = null } = fields;
  const status = STATUSES.find((known) => known === fields["status"]);
  if (status === undefined) return err(`status: ${shown(fields["status"])} is none of ${STATUSES.join(", ")}`);
  if (retryAfterSeconds !== null && !isSeconds(retryAfterSeconds)) {
    return err(`retryAfterSeconds: ${shown(retryAfterSeconds)} is neither null nor a whole number`);
  }
  return ok({ family: "status", status, retryAfterSeconds });
}

function parseScripted(fields: Fields): Result<ScriptedBehaviour, string> {
  const { steps } = fields;
  if (!Array.isArray(steps)) return err("steps: an array of behaviours");
  const parsed: ScriptStep[] = [];
  for (const [index, step] of steps.entries()) {
    const behaviour = parseBehaviour(step);
    if (!behaviour.ok) return err(`steps/${index}: ${behaviour.error}`);
    if (!isScriptStep(behaviour.value)) return err(`steps/${index}: ${behaviour.value.family} is not an answer`);
    parsed.push(behaviour.value);
  }
  const [first, ...others] = parsed;
  if (first === undefined) return err("steps: at least one behaviour");
  return map(oneOf({ afterwards: "stay", ...fields }, "afterwards", AFTERWARDS), (afterwards) => ({
    family: "scripted",
    steps: [first, ...others],
    afterwards,
  }));
}

function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): Result<T, string> {
  const found = allowed.find((known) => known === fields[name]);
  return found === undefined ? err(`${name}: ${shown(fields[name])} is none of ${allowed.join(", ")}`) : ok(found);
}

function map<T, U>(result: Result<T, string>, to: (value: T) => U): Result<U, string> {
  return result.ok ? ok(to(result.value)) : result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSeconds(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
