import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serveVerbatim } from "./behaviours/document-behaviour.ts";
import { loadDocuments, serverNameOfFile } from "./load-documents.ts";

describe("serverNameOfFile", () => {
  it.each([
    ["example.org.json", "example.org"],
    ["Matrix.Example.ORG.json", "matrix.example.org"],
    ["My_File.json", "my-file.fed.test"],
    ["someone_matrix.example.org-v2.json", "someone-matrix.example.org-v2.fed.test"],
    ["localhost.json", "localhost.fed.test"],
    ["___.json", "document.fed.test"],
    [".json", "document.fed.test"],
  ])("%s is served by %s", (file, serverName) => {
    expect(serverNameOfFile(file, "fed.test")).toBe(serverName);
  });
});

describe("loadDocuments", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "documents-"));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it("serves each JSON file as it is, and no other file", async () => {
    await writeFile(join(directory, "example.org.json"), "{}");
    await writeFile(join(directory, "a.example.org.json"), Uint8Array.from([0xff]));
    await writeFile(join(directory, "index.tsv"), "file\n");
    expect(await loadDocuments(directory, "fed.test")).toEqual([
      { serverName: "a.example.org", behaviour: serveVerbatim(Uint8Array.from([0xff])) },
      { serverName: "example.org", behaviour: serveVerbatim(Buffer.from("{}")) },
    ]);
  });

  it("refuses a folder without documents, and two files of one server", async () => {
    await expect(loadDocuments(directory, "fed.test")).rejects.toThrow(`no *.json file in ${directory}`);
    await writeFile(join(directory, "my_file.json"), "{}");
    await writeFile(join(directory, "my-file.json"), "{}");
    await expect(loadDocuments(directory, "fed.test")).rejects.toThrow("my-file.json and my_file.json");
    await expect(loadDocuments(join(directory, "none"), "fed.test")).rejects.toThrow("ENOENT");
  });
});
