import type { SweepProgress } from "@switchboard/crawl";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { showSweep } from "./sweep-progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal as far as a live view needs one: text, new lines, carriage returns, cursor up, erase below, the cursor's sight. */
function createTerminal(columns: number) {
  const rows: string[] = [""];
  const written: string[] = [];
  let [row, column, hasCursor] = [0, 0, true];
  function put(character: string): void {
    rows[row] = (rows[row] ?? "").padEnd(column).slice(0, column) + character + (rows[row] ?? "").slice(column + 1);
    column += 1;
    if (column > columns) throw new Error(`row ${row} wraps: ${rows[row]}`);
  }
  const write = (text: string) => {
    written.push(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are told by.
    for (const [token] of text.matchAll(/\u001b\[[?\d]*[A-Za-z]|[^\u001b]/gu)) {
      if (token === "\u001b[?25l") hasCursor = false;
      else if (token === "\u001b[?25h") hasCursor = true;
      else if (token === "\u001b[J") rows.splice(row, rows.length, (rows[row] ?? "").slice(0, column));
      else if (token.startsWith("\u001b[") && token.endsWith("A")) row -= Number(token.slice(2, -1));
      else if (token === "\r") column = 0;
      else if (token === "\n") [row, column] = [row + 1, 0];
      else if (token.startsWith("\u001b")) throw new Error(`not understood: ${JSON.stringify(token)}`);
      else put(token);
      while (rows.length <= row) rows.push("");
    }
    return true;
  };
  const stderr = { isTTY: true, columns, write } as unknown as NodeJS.WriteStream;
  return { stderr, write, written, screen: () => rows.join("\n").trim(), hasCursor: () => hasCursor };
}

function progressOf(probed: number, waiting = 0): SweepProgress {
  const outcomes = { document: probed, absent: 0, unusable: 0, unreachable: 0, refused: 0 };
  return { probed, outcomes, changes: 0, deferred: 0, optedOut: 0, waiting };
}

function setUp(context: Parameters<typeof showSweep>[0]["context"]) {
  const crawler = { outage: false, inFlight: () => 12, hasOutage: () => crawler.outage };
  const shown = showSweep({ total: 400, crawler, stopwatch: () => Date.now(), context });
  onTestFinished(() => shown.stop());
  return { shown, crawler };
}

test("a terminal has the latest facts in place, the rate of the last seconds, and nothing when it is over", () => {
  const terminal = createTerminal(100);
  const { shown, crawler } = setUp({ stderr: terminal.stderr, say: () => undefined });
  expect(terminal.screen()).toContain("0 of 400 probed");
  expect(terminal.hasCursor()).toBe(false);
  for (let second = 1; second <= 20; second += 1) {
    shown.show(progressOf(second < 10 ? second : 10 * (second - 9)));
    vi.advanceTimersByTime(1_000);
  }
  expect(terminal.screen().split("\n")).toEqual([
    "███████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 110 of 400 probed",
    "10/s, 12 in flight; 0:20 so far, about 0:29 left",
    "110 document; 0 changes",
  ]);
  crawler.outage = true;
  vi.advanceTimersByTime(250);
  expect(terminal.screen()).toMatch(/\npaused: our own network/);
  shown.stop();
  expect(terminal.screen()).toBe("");
  expect(terminal.hasCursor()).toBe(true);
});

test("what others write meanwhile stays, above the view", () => {
  const terminal = createTerminal(60);
  const { shown } = setUp({ stderr: terminal.stderr, say: () => undefined });
  shown.show(progressOf(40));
  vi.advanceTimersByTime(500);
  terminal.write("WARN the queue's store does not answer\n");
  vi.advanceTimersByTime(250);
  const rows = terminal.screen().split("\n");
  expect(rows[0]).toBe("WARN the queue's store does not answer");
  expect(rows.filter((text) => text.includes("40 of 400 probed"))).toHaveLength(1);
  shown.stop();
  expect(terminal.screen()).toBe("WARN the queue's store does not answer");
});

test("a narrow terminal is told less, and wraps nothing", () => {
  const terminal = createTerminal(24);
  const { shown } = setUp({ stderr: terminal.stderr, say: () => undefined });
  shown.show(progressOf(123, 45));
  vi.advanceTimersByTime(500);
  expect(terminal.screen().split("\n")[0]).toBe("123 of 400 probed");
});

test("an end without a goodbye gives the cursor back", () => {
  const terminal = createTerminal(80);
  const before = new Set(process.listeners("exit"));
  setUp({ stderr: terminal.stderr, say: () => undefined });
  const [added] = process.listeners("exit").filter((listener) => !before.has(listener));
  added?.(130);
  expect(terminal.hasCursor()).toBe(true);
});

test("elsewhere there is a plain line every five seconds while something changes", () => {
  const said: string[] = [];
  const stderr = { isTTY: false } as unknown as NodeJS.WriteStream;
  const { shown } = setUp({ stderr, say: (line) => void said.push(line) });
  shown.show(progressOf(4));
  vi.advanceTimersByTime(4_000);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(16_000);
  expect(said[0]).toMatch(/^4 of 400 probed, \S+\/s, 12 in flight; 4 document; 0 changes; 0:05 so far/);
  const quiet = said.length;
  expect(quiet).toBeLessThanOrEqual(3);
  shown.show(progressOf(80));
  vi.advanceTimersByTime(5_000);
  expect(said).toHaveLength(quiet + 1);
  expect(said.at(-1)).toContain("80 of 400 probed");
  expect(said.join("")).not.toContain("\u001b");
});
