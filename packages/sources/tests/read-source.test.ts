import { err, NAME_BOUND, ok, type Result, type ServerName, serverKeyOf } from "@switchboard/domain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readSource } from "../src/index.ts";
import type { NamePage, SourceFailure } from "../src/name-page.ts";

type Page = Result<NamePage, SourceFailure>;

function page(names: readonly string[], cursor: string | null = null): Page {
  return ok({ names, malformed: 0, cursor });
}

/** A directory in memory: the real one's rules are tested where it is. */
function collectNames() {
  const names = new Set<string>();
  const aside: { name: string; code: string }[] = [];
  const add = async ({ names: given }: { names: readonly ServerName[] }) => {
    const keys = given.map(serverKeyOf);
    const fresh = keys.filter((key) => !names.has(key));
    for (const key of fresh) names.add(key);
    return { added: fresh.length, known: keys.length - fresh.length, optedOut: [], heldBack: [] };
  };
  return {
    names,
    aside,
    store: {
      addCandidates: add,
      previewCandidates: async (given: readonly ServerName[]) => {
        const known = given.filter((name) => names.has(serverKeyOf(name))).length;
        return { added: given.length - known, known, optedOut: [], heldBack: [] };
      },
      setNamesAside: async (_source: string, given: readonly { name: string; code: string }[]) => {
        aside.push(...given);
      },
    },
  };
}

async function read(pages: Iterable<Page> | AsyncIterable<Page>, more: Partial<Parameters<typeof readSource>[0]> = {}) {
  const directory = collectNames();
  const cursors: (string | null)[] = [];
  const end = await readSource({
    source: "a test",
    pages: (async function* () {
      yield* pages;
    })(),
    from: null,
    store: directory.store,
    bound: NAME_BOUND,
    taking: "now",
    reach: "public",
    pauseMs: 0,
    stopwatch: () => 0,
    onPage: async (_summary, cursor) => {
      cursors.push(cursor);
      return true;
    },
    signal: new AbortController().signal,
    ...more,
  });
  return { ...directory, cursors, end };
}

test("names go in once, and hopeless ones are set aside with the reason", async () => {
  const { end, names, aside } = await read([
    page(
      ["Example.org", "example.org", "a.local", "x_y.test", "", "192.168.0.1", "a".repeat(5_000), "bell\u0007.test"],
      "2",
    ),
    page(["example.org", "b.onion"]),
  ]);
  expect([...names]).toEqual(["example.org"]);
  expect(end).toEqual({
    summary: {
      pages: 2,
      heard: 9,
      added: 1,
      known: 1,
      optedOut: 0,
      heldBack: 0,
      setAside: {
        "candidate-reserved": 2,
        "server-name-character": 2,
        "server-name-empty": 1,
        "candidate-address": 1,
        "server-name-too-long": 1,
      },
    },
    cursor: null,
    failure: null,
    isStopped: false,
  });
  expect(aside.map(({ code }) => code)).toContain("candidate-reserved");
});

test("a page that fails keeps what was heard, and where to go on", async () => {
  const failure = { message: "no answer", retryAfterMs: null, isCursorSuspect: false };
  const { end, names, cursors } = await read([page(["a.test"], "2"), err(failure), page(["b.test"])]);
  expect(end).toMatchObject({ cursor: "2", failure, summary: { added: 1 } });
  expect([...names]).toEqual(["a.test"]);
  expect(cursors).toEqual(["2"]);
  expect((await read([err(failure)], { from: "7" })).end).toMatchObject({ cursor: "7", summary: { pages: 0 } });
});

test("a source that goes in circles is left", async () => {
  async function* endless(): AsyncGenerator<Page> {
    for (let turn = 0; ; turn += 1) yield page([`s${turn}.test`], turn === 0 ? "1" : String((turn % 3) + 1));
  }
  const { end } = await read(endless());
  expect(end.failure).toMatchObject({ message: expect.stringContaining("read before"), isCursorSuspect: true });
  expect(end.summary.pages).toBeLessThan(6);
  const same = await read([page([], "5")], { from: "5" });
  expect(same.end.failure?.message).toContain("read before");
  const vast = await read([page(["a.test"], "x".repeat(5_000_000)), page(["b.test"])]);
  expect(vast.end).toMatchObject({ summary: { pages: 1, added: 1 }, failure: { isCursorSuspect: true } });
});

test("a source without an end is read so far and no further", async () => {
  async function* endless(): AsyncGenerator<Page> {
    for (let turn = 0; ; turn += 1) yield page([], String(turn));
  }
  const { end } = await read(endless());
  expect(end).toMatchObject({ summary: { pages: 20_000 }, cursor: "19999", failure: { isCursorSuspect: false } });
});

test("a source that is slow is left after an hour, to be gone on with from there", async () => {
  let minutes = 0;
  async function* slow() {
    for (;;) {
      minutes += 1;
      yield page([`s${minutes}.test`], String(minutes));
    }
  }
  const { end, names } = await read(slow(), { stopwatch: () => minutes * 60_000 });
  expect(end).toMatchObject({
    cursor: "60",
    isStopped: false,
    failure: { isCursorSuspect: false, retryAfterMs: null },
  });
  expect(end.failure?.message).toContain("the next one goes on from there");
  expect(names.size).toBe(60);
});

test("millions of names on one page are taken in parts", async () => {
  const many = Array.from({ length: 25_000 }, (_, place) => `s${place}.test`);
  const { end } = await read([page([...many, ...many.map((name) => `${name}.local`)])]);
  expect(end.summary).toMatchObject({ heard: 50_000, added: 25_000, setAside: { "candidate-reserved": 25_000 } });
});

test("a preview writes nothing", async () => {
  const { end, names, aside } = await read([page(["a.test", "b.local"])], { taking: "preview" });
  expect(end.summary).toMatchObject({ added: 1, setAside: { "candidate-reserved": 1 } });
  expect([names.size, aside.length]).toEqual([0, 0]);
});

test("who is stopped, or loses the lease, keeps what was heard", async () => {
  const stop = new AbortController();
  const stopped = await read([page(["a.test"], "2"), page(["b.test"], "3")], {
    signal: stop.signal,
    pauseMs: 60_000,
    onPage: async () => {
      setTimeout(() => stop.abort(new Error("stop")), 5);
      return true;
    },
  });
  expect(stopped.end).toMatchObject({ isStopped: true, failure: null, cursor: "2", summary: { pages: 1 } });
  const lost = await read([page(["a.test"], "2"), page(["b.test"])], { onPage: async () => false });
  expect(lost.end).toMatchObject({ isStopped: true, summary: { pages: 1 } });
});

test("what a store cannot do is no failure of the source", async () => {
  const { store } = collectNames();
  const broken = {
    ...store,
    addCandidates: async () => {
      throw new Error("no database");
    },
  };
  await expect(read([page(["a.test"])], { store: broken })).rejects.toThrow("no database");
});

test("every name heard is accounted for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.oneof(fc.domain(), fc.string())), { maxLength: 5 }), async (pages) => {
      const { end } = await read(
        pages.map((names, place) => page(names, place === pages.length - 1 ? null : `p${place}`)),
      );
      const { heard, added, known, optedOut, heldBack, setAside } = end.summary;
      const aside = Object.values(setAside).reduce((sum, count) => sum + count, 0);
      expect(added + known + optedOut + heldBack + aside).toBe(heard);
    }),
  );
});
