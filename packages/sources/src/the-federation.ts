import { err, ok } from "@switchboard/domain";
import { z } from "zod";
import { parseEntries, parsePage } from "./json-page.ts";
import { type SourcePages, sourceFailure } from "./name-page.ts";
import { describeFailure, type SourceReader } from "./source-reader.ts";

const PAGE_SIZE = 1_000;
/** The number it knows Matrix by. */
const MATRIX_PLATFORM = 41;

const QUERY = `query MatrixServers($limit: Int!, $offset: Int!) {
  thefederation_node(
    where: {blocked: {_eq: false}, thefederation_platform: {id: {_eq: ${MATRIX_PLATFORM}}}}
    order_by: {id: asc}
    limit: $limit
    offset: $offset
  ) { host }
}`;

const errorsSchema = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });
const pageSchema = z.object({ data: z.object({ thefederation_node: z.array(z.unknown()) }) });
const entrySchema = z.object({ host: z.string() });

/** The Matrix servers that the-federation.info observes, through its GraphQL API (Hasura). */
export async function* readTheFederation(
  reader: Pick<SourceReader, "readJson">,
  { url, from }: { readonly url: URL; readonly from: string | null },
  signal: AbortSignal,
): SourcePages {
  let offset = /^\d{1,9}$/.test(from ?? "") ? Number(from) : 0;
  for (;;) {
    const body = { query: QUERY, operationName: "MatrixServers", variables: { limit: PAGE_SIZE, offset } };
    const read = await reader.readJson({ url, chosenBy: "operator", body }, signal);
    if (!read.ok) return yield err(describeFailure(read.error, "none"));
    const refused = errorsSchema.safeParse(read.value);
    if (refused.success) {
      const says = refused.data.errors[0]?.message ?? "";
      return yield err(sourceFailure(`${url.origin}${url.pathname} refused the query: ${says.slice(0, 200)}`));
    }
    const page = parsePage(pageSchema, read.value, { url, what: "the-federation.info's nodes" });
    if (!page.ok) return yield page;
    const nodes = page.value.data.thefederation_node;
    const { good, malformed } = parseEntries(entrySchema, nodes);
    offset += nodes.length;
    // It may answer with fewer than were asked for at any time: only a page without any is the last.
    const isLast = nodes.length === 0;
    yield ok({ names: good.map(({ host }) => host), malformed, cursor: isLast ? null : String(offset) });
    if (isLast) return;
  }
}
