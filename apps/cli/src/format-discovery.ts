import { toHop, toIso, toIsoOrNull } from "@switchboard/contract";
import type { DiscoveryReport, DiscoveryStep, SrvRecord } from "@switchboard/domain";
import type { Colors } from "./colors.ts";
import { plain } from "./format-document.ts";
import { formatSoftware } from "./format-software.ts";
import { formatTable } from "./format-table.ts";

const HOUR_MS = 3_600_000;

/** A discovery as one JSON object: moments as ISO texts, everything else as it is. */
export function toDiscoveryResult({ discoveredAt, steps, ...report }: DiscoveryReport): object {
  return { ...report, steps: steps.map(toStepResult), discoveredAt: toIso(discoveredAt) };
}

function toStepResult(step: DiscoveryStep): object {
  switch (step.kind) {
    case "well-known":
      return { ...step, hops: step.hops.map(toHop) };
    case "connection":
      return { ...step, tls: step.tls === null ? null : { ...step.tls, validTo: toIsoOrNull(step.tls.validTo) } };
    default:
      return step;
  }
}

/** A discovery for people: what came of it, then a line for each step with the number it has in the specification. */
export function formatDiscovery(report: DiscoveryReport, colors: Colors): string {
  const { serverName, software, reason, detail, totalMs } = report;
  const outcome =
    software === null ? `${colors.red("no version")} (${reason})` : colors.green(plain(formatSoftware(software)));
  return [
    `${colors.bold(plain(serverName))}: ${outcome} in ${Math.round(totalMs)} ms`,
    ...(detail === "" ? [] : [`  ${plain(detail)}`]),
    formatTable(
      report.steps.flatMap((step) => describeStep(step).map((row) => [step.rule, ...row.map(plain)])),
      "  ",
    ),
  ].join("\n");
}

/** What was asked, and what came of it: a row for each request that a redirect led to, else one. */
function describeStep(step: DiscoveryStep): readonly [question: string, answer: string][] {
  switch (step.kind) {
    case "well-known":
      return describeWellKnown(step);
    case "srv": {
      const { service, hostname, result } = step;
      const answer = result.kind === "found" ? result.records.map(describeRecord).join("; ") : describeFailure(result);
      return [[`SRV ${service}.${hostname}`, answer]];
    }
    case "addresses": {
      const { host, result } = step;
      const answer = result.kind === "found" ? result.addresses.join(", ") : describeFailure(result);
      return [[`addresses of ${host}`, answer]];
    }
    case "connection": {
      const { port, tlsName, tls, result } = step;
      const facts = [tls?.protocol ?? "", tls?.issuer ?? ""].filter((fact) => fact !== "");
      const answer = result.kind === "connected" ? [result.address, ...facts].join(", ") : describeFailure(result);
      return [[`port ${port}, certificate for ${tlsName}`, answer]];
    }
    case "version": {
      const { path, hostHeader, result } = step;
      const answer = result.kind === "read" ? formatSoftware(result.software) : describeFailure(result);
      return [[`GET ${path}, Host: ${hostHeader}`, answer]];
    }
  }
}

function describeWellKnown(step: Extract<DiscoveryStep, { kind: "well-known" }>): [string, string][] {
  const { url, hops, result, freshForMs } = step;
  const hours = Math.round((freshForMs / HOUR_MS) * 10) / 10;
  const answer =
    result.kind === "delegated" ? `delegated to ${result.serverName}, good for ${hours} h` : describeFailure(result);
  const redirects = hops
    .slice(0, -1)
    .map((hop): [string, string] => [hop.url, `redirected, HTTP status ${hop.status}`]);
  return [...redirects, [hops.at(-1)?.url ?? url, answer]];
}

function describeRecord({ priority, weight, port, target }: SrvRecord): string {
  return `${priority} ${weight} ${port} ${target}.`;
}

function describeFailure({ reason, detail }: { readonly reason: string; readonly detail: string }): string {
  return `no: ${detail} [${reason}]`;
}
