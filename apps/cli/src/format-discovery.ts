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
      report.steps.map((step) => [step.rule, ...describeStep(step).map(plain)]),
      "  ",
    ),
  ].join("\n");
}

/** What was asked, and what came of it. */
function describeStep(step: DiscoveryStep): [question: string, answer: string] {
  switch (step.kind) {
    case "well-known": {
      const { url, result, freshForMs } = step;
      const hours = Math.round((freshForMs / HOUR_MS) * 10) / 10;
      return [
        url,
        result.kind === "delegated"
          ? `delegated to ${result.serverName}, good for ${hours} h`
          : describeFailure(result),
      ];
    }
    case "srv": {
      const { service, hostname, result } = step;
      return [
        `SRV ${service}.${hostname}`,
        result.kind === "found" ? result.records.map(describeRecord).join("; ") : describeFailure(result),
      ];
    }
    case "addresses": {
      const { host, result } = step;
      return [`addresses of ${host}`, result.kind === "found" ? result.addresses.join(", ") : describeFailure(result)];
    }
    case "connection": {
      const { port, tlsName, tls, result } = step;
      const facts = [tls?.protocol ?? "", tls?.issuer ?? ""].filter((fact) => fact !== "");
      return [
        `port ${port}, certificate for ${tlsName}`,
        result.kind === "connected" ? [result.address, ...facts].join(", ") : describeFailure(result),
      ];
    }
    case "version": {
      const { path, hostHeader, result } = step;
      return [
        `GET ${path}, Host: ${hostHeader}`,
        result.kind === "read" ? formatSoftware(result.software) : describeFailure(result),
      ];
    }
  }
}

function describeRecord({ priority, weight, port, target }: SrvRecord): string {
  return `${priority} ${weight} ${port} ${target}.`;
}

function describeFailure({ reason, detail }: { readonly reason: string; readonly detail: string }): string {
  return `no: ${detail} [${reason}]`;
}
