import type { Verdict } from "@switchboard/domain";
import type { DocumentText } from "./document-text.ts";
import { USABLE_DOCUMENTS } from "./usable-documents.ts";
import { VALID_DOCUMENTS } from "./valid-documents.ts";

const DOCUMENTS = { ...VALID_DOCUMENTS, ...USABLE_DOCUMENTS };

/** The name of a document that the simulator can write for any server. */
export type DocumentName = keyof typeof DOCUMENTS;

export const DOCUMENT_NAMES = Object.keys(DOCUMENTS) as readonly DocumentName[];

/** How the text of a document is written. */
export function documentText(name: DocumentName): DocumentText {
  return DOCUMENTS[name];
}

/** The verdict that the spec calls for. */
export function expectedVerdict(name: DocumentName): Verdict {
  return Object.hasOwn(VALID_DOCUMENTS, name) ? "valid" : "usable";
}
