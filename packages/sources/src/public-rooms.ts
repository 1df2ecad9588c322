import {
  err,
  hostnameOf,
  ok,
  parseServerName,
  type Result,
  type ServerKey,
  type ServerName,
  serverKeyOf,
} from "@switchboard/domain";
import { z } from "zod";
import { pageToken, parseEntries, parsePage } from "./json-page.ts";
import { type SourceFailure, type SourcePages, sourceFailure } from "./name-page.ts";
import { describeFailure, type SourceReader } from "./source-reader.ts";

const PATH = "/_matrix/client/v3/publicRooms";
const PAGE_SIZE = 100;

/** Of a room: more than these name the same few servers, or are made up. */
const MAX_ALIASES = 20;
const MAX_VIA = 10;

const pageSchema = z.object({ chunk: z.array(z.unknown()), next_batch: pageToken });
const text = z.string().nullish().catch(null);
const texts = z.array(z.string()).nullish().catch(null);
const roomSchema = z.object({ room_id: z.string(), canonical_alias: text, aliases: texts, via: texts });

/** Who asked to be left alone is not asked for its rooms either. */
export type OptOutStore = { isOptedOut(name: ServerKey): Promise<boolean> };

type RoomsPlace = { readonly server: ServerName } | { readonly url: URL };

/**
 * The servers named in a public room directory (client-server API, "Listed public rooms"): in aliases, in room IDs of the
 * old form, and in `via` where a server tells it. Of a server name the directory is asked for where its client API is.
 */
export async function* readPublicRooms(
  reader: Pick<SourceReader, "readJson" | "findClientUrl">,
  store: OptOutStore,
  place: RoomsPlace & { readonly from: string | null },
  signal: AbortSignal,
): SourcePages {
  if ("server" in place && (await store.isOptedOut(serverKeyOf(place.server)))) return yield leftAlone(place.server);
  const base = await findBase(reader, place, signal);
  if (!base.ok) return yield base;
  const host = parseServerName(base.value.url.hostname);
  if (host.ok && (await store.isOptedOut(serverKeyOf(host.value)))) return yield leftAlone(host.value);
  let cursor = place.from;
  do {
    const url = new URL(`${base.value.url.pathname.replace(/\/+$/, "")}${PATH}`, base.value.url);
    url.searchParams.set("limit", String(PAGE_SIZE));
    if (cursor !== null) url.searchParams.set("since", cursor);
    const read = await reader.readJson({ url, chosenBy: base.value.chosenBy }, signal);
    if (!read.ok) return yield err(describeFailure(read.error, "none"));
    const page = parsePage(pageSchema, read.value, { url, what: "a public room directory" });
    if (!page.ok) return yield page;
    const { good, malformed } = parseEntries(roomSchema, page.value.chunk);
    cursor = page.value.next_batch;
    yield ok({ names: good.flatMap(serversOfRoom), malformed, cursor });
  } while (cursor !== null);
}

function leftAlone(name: ServerName): Result<never, SourceFailure> {
  return err(sourceFailure(`the operator of ${name} asked to be left alone; take it out of the sources`));
}

type Base = { readonly url: URL; readonly chosenBy: "operator" | "server" };

async function findBase(
  reader: Pick<SourceReader, "findClientUrl">,
  place: RoomsPlace,
  signal: AbortSignal,
): Promise<Result<Base, SourceFailure>> {
  if ("url" in place) return ok({ url: place.url, chosenBy: "operator" });
  const found = await reader.findClientUrl(hostnameOf(place.server), signal);
  if (!found.ok) return err(describeFailure(found.error, "none"));
  // Without a well-known document clients ask the name itself.
  return ok({ url: found.value ?? new URL(`https://${place.server}`), chosenBy: "server" });
}

function serversOfRoom(room: z.infer<typeof roomSchema>): string[] {
  const aliases = [room.canonical_alias, ...(room.aliases ?? []).slice(0, MAX_ALIASES)];
  return [
    ...aliases.flatMap((alias) => (typeof alias === "string" ? serverPartOf(alias) : [])),
    ...serverPartOf(room.room_id),
    ...(room.via ?? []).slice(0, MAX_VIA),
  ];
}

/** What follows the first colon of an identifier; a room ID of version 12 or later has none. */
function serverPartOf(identifier: string): string[] {
  const colon = identifier.indexOf(":");
  return colon === -1 ? [] : [identifier.slice(colon + 1)];
}
