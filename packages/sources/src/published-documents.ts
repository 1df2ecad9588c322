import {
  type Hostname,
  isAddressLiteral,
  ok,
  parseHostname,
  partsOfUserId,
  registrableDomainOf,
  type SupportDocument,
} from "@switchboard/domain";
import type { SourcePages } from "./name-page.ts";

/** Where the directory's own documents come from. */
export type DocumentStore = {
  listPublishedDocuments(page: { readonly after: string | null; readonly limit: number }): Promise<{
    readonly documents: readonly { readonly hostname: Hostname; readonly document: SupportDocument }[];
    readonly last: string | null;
  }>;
};

const PAGE_SIZE = 500;

/** The servers named in the documents that the directory holds. */
export async function* readPublishedDocuments(store: DocumentStore, from: string | null): SourcePages {
  let after = from;
  do {
    const { documents, last } = await store.listPublishedDocuments({ after, limit: PAGE_SIZE });
    after = last;
    yield ok({
      names: documents.flatMap(({ hostname, document }) => serversNamedIn(document, hostname)),
      malformed: 0,
      cursor: last,
    });
  } while (after !== null);
}

/**
 * The servers that a document names: those of its contacts' Matrix IDs, and the host of its support page where that lies
 * under the registrable domain of the server that publishes it (without a leading "www"). A page elsewhere is a forge, a
 * forum or a help desk, whose operator never heard of us; one at home belongs to the operator whom we visit anyway.
 */
export function serversNamedIn(document: SupportDocument, publishedBy: Hostname): readonly string[] {
  const contacts = document.contacts.flatMap(({ matrix_id }) =>
    matrix_id === null ? [] : [partsOfUserId(matrix_id).serverName as string],
  );
  const page = document.support_page === null ? null : hostOfPage(document.support_page);
  return page !== null && isOfOneDomain(page, publishedBy) ? [...contacts, page] : contacts;
}

function hostOfPage(page: string): Hostname | null {
  const url = URL.parse(page);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  const hostname = parseHostname(url.hostname.replace(/^www\./, ""));
  return hostname.ok && !isAddressLiteral(hostname.value) ? hostname.value : null;
}

function isOfOneDomain(page: Hostname, server: Hostname): boolean {
  const domain = registrableDomainOf(page);
  return domain !== null && domain === registrableDomainOf(server);
}
