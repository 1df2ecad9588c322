import { setTimeout as sleep } from "node:timers/promises";
import {
  type FederationReach,
  HOUR_MS,
  type NameBound,
  parseCandidate,
  type ServerKey,
  type ServerName,
  type SourceSummary,
  serverKeyOf,
} from "@switchboard/domain";
import type { NamePage, SourceFailure, SourcePages } from "./name-page.ts";

/** What names are brought to. */
export type NameStore = {
  /** At most 10,000 names at once. */
  addCandidates(candidates: {
    readonly names: readonly ServerName[];
    readonly source: string;
    readonly due: "now" | "spread";
    readonly bound: NameBound;
  }): Promise<AddedNames>;
  /** What `addCandidates` would do; nothing is written. */
  previewCandidates(names: readonly ServerName[]): Promise<AddedNames>;
  setNamesAside(source: string, names: readonly SetAside[]): Promise<void>;
};

type AddedNames = {
  readonly added: number;
  readonly known: number;
  readonly optedOut: readonly ServerKey[];
  readonly heldBack: readonly ServerKey[];
};

type SetAside = { readonly name: string; readonly code: string; readonly reason: string };

export type SourceReading = {
  readonly source: string;
  readonly pages: SourcePages;
  /** Where the pages begin: the cursor of an earlier run, null for the beginning. */
  readonly from: string | null;
  readonly store: NameStore;
  readonly bound: NameBound;
  /** Whether what is new comes due now or at a random moment of the next day; `preview` writes nothing. */
  readonly taking: "now" | "spread" | "preview";
  readonly reach: FederationReach;
  /** Between two pages: whoever keeps a list is not to feel that we read it. */
  readonly pauseMs: number;
  /** How long this process has been running, in milliseconds. */
  readonly stopwatch: () => number;
  /** Called after each page, whose names are in; false ends the reading. */
  readonly onPage: (summary: SourceSummary, cursor: string | null) => Promise<boolean>;
  readonly signal: AbortSignal;
};

export type SourceEnd = {
  readonly summary: SourceSummary;
  /** Where to go on; null: from the beginning. */
  readonly cursor: string | null;
  /** Why it could not be read to its end; null where it was, or where somebody stopped it. */
  readonly failure: SourceFailure | null;
  readonly isStopped: boolean;
};

/** What a source may tell in one run. No real one comes near; the next run goes on from there. */
const MAX_PAGES = 20_000;
const MAX_HEARD = 2_000_000;
/** Sources are read one after the other: one that is slow, or never ends, must not keep the others waiting for long. */
const MAX_READING_MS = HOUR_MS;

/** Every page's is kept while a source is read, and goes into a URL. */
const MAX_CURSOR_CHARACTERS = 2_048;

const CHUNK = 10_000;
/** The names kept of one page as examples of what was set aside; all are counted. */
const SET_ASIDE_A_PAGE = 200;
const MAX_NAME_CHARACTERS = 300;

const NOTHING: SourceSummary = { pages: 0, heard: 0, added: 0, known: 0, optedOut: 0, heldBack: 0, setAside: {} };

/**
 * Reads a source page by page: names that parse and are worth a probe go into the directory, the others are set aside
 * with the reason. What was heard is kept whatever comes after. Rejects where the store fails.
 */
export async function readSource(reading: SourceReading): Promise<SourceEnd> {
  const { pages, from, pauseMs, stopwatch, onPage, signal } = reading;
  const begunAtMs = stopwatch();
  let summary = NOTHING;
  let cursor = from;
  const seen = new Set(from === null ? [] : [from]);
  const end = (failure: SourceFailure | null, isStopped = false): SourceEnd => ({
    summary,
    cursor,
    failure,
    isStopped,
  });
  try {
    for await (const page of pages) {
      if (!page.ok) return signal.aborted ? end(null, true) : end(page.error);
      summary = await takePage(reading, page.value, summary);
      cursor = page.value.cursor;
      if (!(await onPage(summary, cursor))) return end(null, true);
      if (cursor !== null) {
        if (seen.has(cursor) || cursor.length > MAX_CURSOR_CHARACTERS) return end(goesNowhere());
        seen.add(cursor);
      }
      const isLong = stopwatch() - begunAtMs >= MAX_READING_MS;
      if (isLong || summary.pages >= MAX_PAGES || summary.heard >= MAX_HEARD) return end(tooMuch(summary));
      if (cursor !== null && pauseMs > 0) await sleep(pauseMs, undefined, { signal });
      signal.throwIfAborted();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return end(null, true);
  }
  return { ...end(null), cursor: null };
}

function goesNowhere(): SourceFailure {
  const message = `the next page it names was read before, or its name is longer than ${MAX_CURSOR_CHARACTERS} characters: it would never end. Tell its operator.`;
  return { message, retryAfterMs: null, isCursorSuspect: true };
}

function tooMuch({ pages, heard }: SourceSummary): SourceFailure {
  const message = `it goes on after ${pages} pages and ${heard} names, which is as far as one reading goes (an hour at most); the next one goes on from there`;
  return { message, retryAfterMs: null, isCursorSuspect: false };
}

/** Takes the names of a page in, each once, and adds to the summary what became of them. */
async function takePage(
  { source, store, bound, taking, reach }: SourceReading,
  { names, malformed }: NamePage,
  before: SourceSummary,
): Promise<SourceSummary> {
  const accepted = new Map<ServerKey, ServerName>();
  const aside: SetAside[] = [];
  const codes = new Map<string, number>(Object.entries(before.setAside));
  if (malformed > 0) codes.set("malformed-entry", (codes.get("malformed-entry") ?? 0) + malformed);
  let heard = malformed;
  for (const text of new Set(names)) {
    const parsed = parseCandidate(text.slice(0, MAX_NAME_CHARACTERS), reach);
    if (parsed.ok) {
      accepted.set(serverKeyOf(parsed.value), parsed.value);
      continue;
    }
    const { code, message } = parsed.error;
    heard += 1;
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (aside.length < SET_ASIDE_A_PAGE) aside.push({ name: text, code, reason: message });
  }
  let { added, known, optedOut, heldBack } = before;
  const welcome = [...accepted.values()];
  for (let start = 0; start < welcome.length; start += CHUNK) {
    const chunk = welcome.slice(start, start + CHUNK);
    const took =
      taking === "preview"
        ? await store.previewCandidates(chunk)
        : await store.addCandidates({ names: chunk, source, due: taking, bound });
    added += took.added;
    known += took.known;
    optedOut += took.optedOut.length;
    heldBack += took.heldBack.length;
  }
  if (taking !== "preview") await store.setNamesAside(source, aside);
  const pages = before.pages + 1;
  const setAside = Object.fromEntries(codes);
  return { pages, heard: before.heard + heard + welcome.length, added, known, optedOut, heldBack, setAside };
}
