import { adminContact, jsonText } from "../documents/document-text.ts";
import { operatorOf } from "../operator.ts";
import { healthyHost, type Plan, type Site } from "../plan.ts";
import { planDocument, planVerbatim, serveVerbatim } from "./document-behaviour.ts";

export const OPT_OUTS = ["document-key", "document-key-alone", "dns-record", "dns-record-in-pieces"] as const;

/** Asks to be left alone, by the document that it serves or by DNS; there are contacts all the same, but for `alone`. */
export type OptOutBehaviour = { readonly family: "opt-out"; readonly how: (typeof OPT_OUTS)[number] };

/** Every way to ask, once. They are apart from the other behaviours: what was asked so leaves no history to look at. */
export const OPT_OUT_BEHAVIOURS: readonly OptOutBehaviour[] = OPT_OUTS.map((how) => ({ family: "opt-out", how }));

const KEY = { "io.switchboard.directory": { listed: false } };

/** What a server does whose operator asks to be left alone. */
export function planOptOut({ how }: OptOutBehaviour, site: Site): Plan {
  switch (how) {
    case "document-key":
      return {
        ...serveText(jsonText({ contacts: [adminContact(operatorOf(site.hostname))], ...KEY }), site),
        truth: { kind: "document", verdict: "valid" },
      };
    case "document-key-alone":
      return { ...serveText(jsonText(KEY), site), truth: { kind: "absent" } };
    case "dns-record":
      return planRecord([["v=switchboard1; directory=no"]], site);
    case "dns-record-in-pieces":
      return planRecord([["v=spf1 -all"], ["v=switchboard1; dir", "", "ectory=no"]], site);
  }
}

function serveText(text: string, site: Site): Plan {
  return planVerbatim(serveVerbatim(new TextEncoder().encode(text)), site);
}

function planRecord(records: readonly (readonly string[])[], site: Site): Plan {
  const { dns, ...host } = healthyHost(site);
  return {
    ...planDocument({ family: "document", document: "admin-both", delivery: "plain" }, site),
    hosts: { own: { ...host, dns: { ...dns, directoryRecords: { kind: "texts", records } } } },
    truth: { kind: "refused", reason: "opted-out" },
  };
}
