import { hostnameOf, type RegistrableDomain, registrableDomainOf, type ServerName } from "@switchboard/domain";
import { plain } from "./format-document.ts";
import { UsageError } from "./usage-error.ts";

/** The registrable domain that `--domain` means for this name. Throws UsageError where the name lies under none. */
export function toDomain(serverName: ServerName): RegistrableDomain {
  const domain = registrableDomainOf(hostnameOf(serverName));
  if (domain !== null) return domain;
  throw new UsageError(
    `--domain: "${plain(serverName)}" lies under no registrable domain; leave --domain out, or name a server such as matrix.example.org`,
  );
}
