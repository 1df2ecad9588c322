import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseServerName } from "@switchboard/domain";
import { serveVerbatim } from "./behaviours/document-behaviour.ts";
import type { ServerDescription } from "./server-registry.ts";

const EXTENSION = ".json";

/**
 * Loads the `*.json` files of a folder as servers, one each, that serve them byte for byte, in the order of their names.
 * Throws where the folder cannot be read, has no such file, or two files would be one server.
 */
export async function loadDocuments(directory: string, suffix: string): Promise<ServerDescription[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(EXTENSION)).sort();
  if (files.length === 0) throw new Error(`no *${EXTENSION} file in ${directory}`);
  const fileOf = new Map<string, string>();
  return Promise.all(
    files.map(async (file) => {
      const serverName = serverNameOfFile(file, suffix);
      const other = fileOf.get(serverName);
      if (other !== undefined)
        throw new Error(`${other} and ${file} in ${directory} are both ${serverName}: rename one`);
      fileOf.set(serverName, file);
      return { serverName, behaviour: serveVerbatim(await readFile(join(directory, file))) };
    }),
  );
}

/**
 * The server that a file is served by: `example.org.json` is example.org's; a name that no server can have is spelled
 * with hyphens and put below `suffix` (`My_File.json` is my-file.fed.test's).
 */
export function serverNameOfFile(file: string, suffix: string): string {
  const stem = file.slice(0, -EXTENSION.length).toLowerCase();
  if (stem.includes(".") && parseServerName(stem).ok) return stem;
  const label = stem.replace(/[^a-z0-9.]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${label === "" ? "document" : label}.${suffix}`;
}
