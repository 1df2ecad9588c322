import { err, ok, type Result } from "@switchboard/domain";
import type { AddressGuard, VettedAddress } from "./address-guard.ts";
import type { Deadline } from "./deadline.ts";
import { type DeclinedEnd, declined, type FailedEnd } from "./fetch-end.ts";
import type { ProbeTrace } from "./probe-trace.ts";
import type { HostnameResolver } from "./resolve-hostname.ts";
import { literalOf } from "./url-host.ts";

export type AddressFinder = { readonly resolver: HostnameResolver; readonly vet: AddressGuard };

/**
 * The addresses a host stands for (a name or a literal, an IPv6 one in brackets), all vetted: a name with any forbidden
 * address is refused as a whole. Rejects with the reason of the deadline's signal where it is aborted.
 */
export async function findAddresses(
  { resolver, vet }: AddressFinder,
  { deadline, trace }: { readonly deadline: Deadline; readonly trace: ProbeTrace },
  hostname: string,
): Promise<Result<VettedAddress[], FailedEnd | DeclinedEnd>> {
  const literal = literalOf(hostname);
  const resolution =
    literal === null
      ? await trace.time("dns", () => resolver.resolve(hostname, deadline.signal))
      : { kind: "addresses" as const, addresses: [literal] };
  if (resolution.kind === "failed") return err(resolution.end);
  const vetted = new Set<VettedAddress>();
  for (const address of resolution.addresses) {
    const allowed = vet(address);
    if (allowed === null) {
      return err(declined("forbidden-address", `${hostname} stands for ${address}, which is no public address`));
    }
    vetted.add(allowed);
  }
  return ok([...vetted]);
}
