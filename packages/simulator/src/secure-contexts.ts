import { isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { CertificateAuthority, Credential, SubjectName } from "./certificate-authority.ts";
import type { CertificateKind } from "./plan.ts";

export type SecureContexts = {
  /** The context that presents a certificate of this kind for this hostname. */
  readonly find: (hostname: string, kind: CertificateKind) => Promise<SecureContext>;
  /** For connections that name no host, as those to address literals do (RFC 6066 §3). */
  readonly nameless: Credential;
};

/** How many contexts of single names are kept: each holds some 50 kB of OpenSSL's memory. */
const MAX_CONTEXTS = 2_000;

/**
 * Secure contexts by name, made when first asked for and kept while they are in use. All names directly below `suffix`
 * share one wildcard certificate of each kind, so that 50,000 names cost as many signatures as kinds.
 */
export async function createSecureContexts(options: {
  authority: CertificateAuthority;
  suffix: string;
  addresses: readonly string[];
}): Promise<SecureContexts> {
  const { authority, suffix, addresses } = options;
  const cached = new Map<string, Promise<SecureContext>>();

  async function create(kind: CertificateKind, names: readonly SubjectName[]): Promise<SecureContext> {
    return createSecureContext(await authority.issue(kind, names));
  }

  function find(hostname: string, kind: CertificateKind): Promise<SecureContext> {
    const names = certifiedNames(hostname, kind, suffix);
    const key = `${kind} ${names.map((name) => name.value).join(" ")}`;
    const context = cached.get(key) ?? create(kind, names);
    cached.delete(key);
    cached.set(key, context);
    const [oldest] = cached.keys();
    if (cached.size > MAX_CONTEXTS && oldest !== undefined) cached.delete(oldest);
    return context;
  }

  const nameless = await authority.issue(
    "valid",
    addresses.map((value): SubjectName => ({ type: "ip", value })),
  );
  return { find, nameless };
}

function certifiedNames(hostname: string, kind: CertificateKind, suffix: string): SubjectName[] {
  if (kind === "wrong-name") return [{ type: "dns", value: "somebody-else.test" }];
  if (isIP(hostname) !== 0) return [{ type: "ip", value: hostname }];
  const label = hostname.endsWith(`.${suffix}`) ? hostname.slice(0, -suffix.length - 1) : "";
  if (label !== "" && !label.includes(".")) {
    return [
      { type: "dns", value: `*.${suffix}` },
      { type: "dns", value: suffix },
    ];
  }
  return [{ type: "dns", value: hostname }];
}
