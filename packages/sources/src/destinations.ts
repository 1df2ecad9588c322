import { err, ok } from "@switchboard/domain";
import { z } from "zod";
import { pageToken, parseEntries, parsePage } from "./json-page.ts";
import type { SourcePages } from "./name-page.ts";
import { describeFailure, type SourceReader } from "./source-reader.ts";

const PATH = "/_synapse/admin/v1/federation/destinations";
const PAGE_SIZE = 500;

const pageSchema = z.object({ destinations: z.array(z.unknown()), next_token: pageToken });
const entrySchema = z.object({ destination: z.string() });

/** The servers that a Synapse has federated with (Synapse admin API, "Federation API": list of destinations). */
export async function* readDestinations(
  reader: Pick<SourceReader, "readJson">,
  { url: base, token, from }: { readonly url: URL; readonly token: string; readonly from: string | null },
  signal: AbortSignal,
): SourcePages {
  let cursor = from;
  do {
    const url = new URL(`${base.pathname.replace(/\/+$/, "")}${PATH}`, base);
    url.searchParams.set("limit", String(PAGE_SIZE));
    if (cursor !== null) url.searchParams.set("from", cursor);
    const read = await reader.readJson({ url, chosenBy: "operator", token }, signal);
    if (!read.ok) return yield err(describeFailure(read.error, "token"));
    const page = parsePage(pageSchema, read.value, { url, what: "a list of destinations" });
    if (!page.ok) return yield page;
    const { good, malformed } = parseEntries(entrySchema, page.value.destinations);
    cursor = page.value.next_token;
    yield ok({ names: good.map(({ destination }) => destination), malformed, cursor });
  } while (cursor !== null);
}
