import { err, ok } from "@switchboard/domain";
import { z } from "zod";
import type { SourcePages } from "./name-page.ts";
import { describeFailure, type SourceReader } from "./source-reader.ts";

const rowSchema = z.object({ serverName: z.string(), optedOut: z.boolean().default(false) });

/**
 * The names in another Switchboard's export (`/v1/export.ndjson`). Those that opted out there are left out: their operators
 * would have to say it again to us.
 */
export async function* readDirectoryExport(
  reader: Pick<SourceReader, "readLines">,
  { url }: { readonly url: URL },
  signal: AbortSignal,
): SourcePages {
  for await (const read of reader.readLines({ url, chosenBy: "operator" }, signal)) {
    if (!read.ok) return yield err(describeFailure(read.error, "none"));
    const lines = read.value.filter((line) => line.trim() !== "");
    const rows = lines.map(parseRow).filter((row) => row !== null);
    const names = rows.filter(({ optedOut }) => !optedOut).map(({ serverName }) => serverName);
    yield ok({ names, malformed: lines.length - rows.length, cursor: null });
  }
}

function parseRow(line: string): z.infer<typeof rowSchema> | null {
  try {
    return rowSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
