import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "@switchboard/domain";
import { readDestinations } from "./destinations.ts";
import { readDirectoryExport } from "./directory-export.ts";
import { describeFileError } from "./file-error.ts";
import { type OpenFile, readNameFile } from "./name-file.ts";
import { type SourceFailure, type SourcePages, sourceFailure } from "./name-page.ts";
import { type OptOutStore, readPublicRooms } from "./public-rooms.ts";
import { type DocumentStore, readPublishedDocuments } from "./published-documents.ts";
import type { SourceConfig } from "./source-config.ts";
import type { SourceReader } from "./source-reader.ts";
import { readTheFederation } from "./the-federation.ts";

/** Everything that sources are read with. */
export type SourceInput = {
  readonly reader: SourceReader;
  readonly store: DocumentStore & OptOutStore;
  readonly openFile: OpenFile;
};

/** The pages of a source, from where an earlier run stopped (`from`; null: from the beginning). */
export function openSource(
  { reader, store, openFile }: SourceInput,
  source: SourceConfig,
  { from, signal }: { readonly from: string | null; readonly signal: AbortSignal },
): SourcePages {
  switch (source.kind) {
    case "destinations":
      return openDestinations(reader, source, { from, signal });
    case "rooms":
      return readPublicRooms(reader, store, { ...source, from }, signal);
    case "documents":
      return readPublishedDocuments(store, from);
    case "the-federation":
      return readTheFederation(reader, { ...source, from }, signal);
    case "export":
      return readDirectoryExport(reader, source, signal);
    case "file":
      return readNameFile(openFile, source.path);
  }
}

async function* openDestinations(
  reader: SourceReader,
  { url, tokenFile }: { readonly url: URL; readonly tokenFile: string },
  { from, signal }: { readonly from: string | null; readonly signal: AbortSignal },
): SourcePages {
  const token = await readToken(tokenFile);
  if (!token.ok) return yield token;
  yield* readDestinations(reader, { url, token: token.value, from }, signal);
}

/** Read anew for each run, so that a token can be changed without a restart. It is never part of a message. */
async function readToken(path: string): Promise<Result<string, SourceFailure>> {
  try {
    const token = (await readFile(path, "utf8")).trim();
    if (/^[\x21-\x7e]{1,4096}$/.test(token)) return ok(token);
    return err(sourceFailure(`${path} does not hold one access token on one line; write the token alone into it`));
  } catch (error) {
    const problem = describeFileError(error);
    if (problem === null) throw error;
    return err(sourceFailure(`the token file ${path} ${problem}`));
  }
}
