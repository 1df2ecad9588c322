import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readNameFile } from "../src/name-file.ts";
import type { NamePage } from "../src/name-page.ts";

async function read(text: string | Readable): Promise<{ names: string[]; malformed: number; error: string | null }> {
  const pages: NamePage[] = [];
  let error: string | null = null;
  const file = typeof text === "string" ? Readable.from([Buffer.from(text)]) : text;
  for await (const page of readNameFile(() => file, "names")) {
    if (page.ok) pages.push(page.value);
    else error = page.error.message;
  }
  return {
    names: pages.flatMap(({ names }) => [...names]),
    malformed: pages.reduce((sum, page) => sum + page.malformed, 0),
    error,
  };
}

const NAMES = ["example.org", "matrix.example.com:8448"];

test.each([
  ["plain lines", "\ufeff# ours\n\nexample.org\r\n  matrix.example.com:8448  \n"],
  ["one name without a line end", "example.org\nmatrix.example.com:8448"],
  ["CSV with Synapse's header", "destination,retry_last_ts,failure_ts\nexample.org,0,\nmatrix.example.com:8448,1,2\n"],
  ["CSV whose names are not first", 'id,"host",x\n1,"example.org","a,b"\n2,matrix.example.com:8448,"two\nlines"\n'],
  ["CSV with one column", "server_name\nexample.org\nmatrix.example.com:8448\n"],
  ["CSV without a header", "example.org,0,0\nmatrix.example.com:8448,0,0\n"],
  ["COPY destinations TO STDOUT", "example.org\t0\t0\t\\N\nmatrix.example.com:8448\t0\t0\t12\n"],
  [
    "a dump by pg_dump",
    "--\n-- PostgreSQL database dump\n--\nSET x = 1;\nCOPY public.other (a) FROM stdin;\nno.example\n\\.\n" +
      "COPY public.destinations (retry_last_ts, destination) FROM stdin;\n0\texample.org\n0\tmatrix.example.com:8448\n\\.\n\nSELECT 1;\n",
  ],
  [
    "what psql prints",
    "       destination       | retry_last_ts \n-------------------------+---------------\n example.org             |             0\n matrix.example.com:8448 |             0\n(2 rows)\n\n",
  ],
  [
    "what psql prints with a border",
    "+-------------------------+\n|       destination       |\n+-------------------------+\n| example.org             |\n| matrix.example.com:8448 |\n+-------------------------+\n(2 rows)\n",
  ],
  [
    "what psql prints of one column",
    " destination \n-------------\n example.org\n matrix.example.com:8448\n(2 rows)\n",
  ],
  [
    "CSV with a byte order mark, CRLF and quotes",
    '\ufeff"destination","x"\r\n"example.org",1\r\n"matrix.example.com:8448",\r\n',
  ],
  ["CSV with one quoted column", '"example.org"\n"matrix.example.com:8448"\n'],
  ["CSV between semicolons", "id;server_name\n1;example.org\n2;matrix.example.com:8448\n"],
  ["columns between tabs with a header", "x\tdestination\n0\texample.org\n1\tmatrix.example.com:8448\n"],
  ["what psql prints unaligned", "destination|retry_last_ts\nexample.org|0\nmatrix.example.com:8448|0\n(2 rows)\n"],
  ["what sqlite3 prints", "example.org|0|0||\nmatrix.example.com:8448|0|0|12|\n"],
  [
    "a dump by pg_dump --inserts",
    "--\n-- PostgreSQL database dump\n--\n\\restrict x\nSET x = 1;\nINSERT INTO public.destination_rooms VALUES ('no.example', 1);\n" +
      "INSERT INTO public.destinations VALUES ('example.org', 0, NULL);\nINSERT INTO public.destinations VALUES ('matrix.example.com:8448', 0, 12) ON CONFLICT DO NOTHING;\n",
  ],
  [
    "a dump by pg_dump --column-inserts --rows-per-insert",
    "INSERT INTO public.destinations (retry_last_ts, destination, failure_ts) VALUES\n\t(0, 'example.org', NULL),\n" +
      "\t((1), 'matrix.example.com:8448', 12);\nINSERT INTO other VALUES ('no.example');\n",
  ],
  [
    "a dump by SQLite",
    `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE destinations( destination TEXT PRIMARY KEY, x BIGINT );\n` +
      `INSERT INTO other VALUES('(''no.example'')');\nINSERT INTO destinations VALUES('example.org',0);\n` +
      `INSERT INTO "destinations" VALUES('matrix.example.com:8448',0);\nCOMMIT;\n`,
  ],
  [
    "the lines of two tables cut out of a dump",
    "COPY destinations (destination, x) FROM stdin;\nexample.org\t0\n\\.\nINSERT INTO destinations VALUES ('matrix.example.com:8448');\n",
  ],
])("%s are read", async (_form, text) => {
  expect(await read(text)).toEqual({ names: NAMES, malformed: 0, error: null });
});

test("rows without a name are counted", async () => {
  expect(await read("destination,x\n,1\nexample.org,2\n")).toMatchObject({ names: ["example.org"], malformed: 1 });
  expect(await read("\\N\t1\nexample.org\t2\n")).toMatchObject({ names: ["example.org"], malformed: 1 });
});

test("texts of SQL are read as SQL has them", async () => {
  const rows = [
    "'it''s', 0",
    "'two\nlines', 1",
    "NULL, 2",
    "'', 3",
    "'a.example (b), c;', 4",
    `'${"x".repeat(5_000)}', 5`,
  ];
  const { names, malformed } = await read(
    `INSERT INTO destinations VALUES ${rows.map((row) => `(${row})`).join(", ")};`,
  );
  expect({ names, malformed }).toEqual({
    names: ["it's", "two\nlines", "a.example (b), c;", "x".repeat(1_000)],
    malformed: 2,
  });
});

test("a file that is one endless line is left, with what came before", async () => {
  const piece = Buffer.alloc(8 * 1024 * 1024, "x");
  function* endless() {
    yield Buffer.from("example.org\nexample.com\n");
    for (;;) yield piece;
  }
  const { names, error } = await read(Readable.from(endless()));
  expect({ names, error }).toEqual({
    names: ["example.org", "example.com"],
    error: "names has a line of more than 64 MiB; write one name a line",
  });
});

test.each(["", "\n\n", "# nothing\n"])("a file that says nothing has no names (%j)", async (text) => {
  expect(await read(text)).toEqual({ names: [], malformed: 0, error: null });
});

test("a broken CSV says so, and what came before it is kept", async () => {
  const { names, error } = await read('destination,x\nexample.org,1\n"matrix.example.com,2\n');
  expect({ names, error }).toEqual({ names: ["example.org"], error: expect.stringContaining("names is no CSV") });
});

test("a file that cannot be read says why", async () => {
  const missing = new Readable({
    read() {
      this.destroy(Object.assign(new Error("no"), { code: "ENOENT" }));
    },
  });
  expect(await read(missing)).toMatchObject({ error: "names does not exist; check the path" });
});

test("no text makes it fail, or invents names", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom("a", ".", ",", ";", "|", "\t", "-", "\n", '"', "\\", " ") }),
      async (text) => {
        const { names } = await read(text);
        for (const name of names) expect(text).toContain(name.split("\n")[0]);
      },
    ),
    { numRuns: 300 },
  );
});
