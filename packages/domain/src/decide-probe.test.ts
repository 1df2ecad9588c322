import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Change, CONDITION_CHANGE_KINDS, type ContentChange } from "./change.ts";
import { decideProbe, type ProbeDecision, validatorFor } from "./decide-probe.ts";
import { applyChanges } from "./diff-documents.ts";
import { FETCH_FAILURES, FETCH_REFUSALS, type Validator } from "./fetch-report.ts";
import { addMs, DAY_MS, HOUR_MS, type Instant, toInstant } from "./instant.ts";
import { parseSupportDocument } from "./parse-support-document.ts";
import { type ProbeOutcome, UNUSABLE_REASONS } from "./probe-outcome.ts";
import { REVISIT_POLICY } from "./revisit-policy.ts";
import { parseHostname } from "./server-name.ts";
import { initialState, type ServerState } from "./server-state.ts";

const START = toInstant(Date.UTC(2026, 0, 1));

function hostname(text: string) {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const BODIES = {
  a: '{"contacts":[{"role":"m.role.admin","email_address":"admin@example.org"}]}',
  b: '{"contacts":[{"role":"m.role.security","email_address":"security@example.org"}],"support_page":"https://example.org/help"}',
  /** The content of `a` with a comma that JSON forbids: the same contacts under another verdict. */
  broken: '{"contacts":[{"role":"m.role.admin","email_address":"admin@example.org"},]}',
} as const;
type BodyName = keyof typeof BODIES;

function validatorAt(outcome: Validator["outcome"], receivedAt: Instant): Validator {
  return {
    url: "https://example.org/.well-known/matrix/support",
    etag: `"${outcome}"`,
    lastModified: null,
    outcome,
    receivedAt,
  };
}

function documentOutcome(name: BodyName, validator: Validator | null = null): ProbeOutcome {
  const raw = new TextEncoder().encode(BODIES[name]);
  const parsed = parseSupportDocument(raw);
  if (parsed.shape !== "usable") throw new Error(`${name} is ${parsed.shape}`);
  const { document, fingerprint, verdict, findings, rulesVersion } = parsed;
  return { kind: "document", document, fingerprint, raw, verdict, findings, rulesVersion, validator };
}

/** One letter a probe: what came back, as the walks below write it. */
const ANSWERS = {
  A: (_at: Instant) => documentOutcome("a"),
  "A+etag": (at: Instant) => documentOutcome("a", validatorAt("document", at)),
  B: (_at: Instant) => documentOutcome("b"),
  broken: (_at: Instant) => documentOutcome("broken"),
  gone: (_at: Instant): ProbeOutcome => ({ kind: "absent", findings: [], validator: null }),
  "gone+etag": (at: Instant): ProbeOutcome => ({ kind: "absent", findings: [], validator: validatorAt("absent", at) }),
  html: (_at: Instant): ProbeOutcome => ({ kind: "unusable", reason: "html", findings: [], validator: null }),
  "html+etag": (at: Instant): ProbeOutcome => ({
    kind: "unusable",
    reason: "html",
    findings: [],
    validator: validatorAt("unusable", at),
  }),
  timeout: (_at: Instant): ProbeOutcome => ({ kind: "unreachable", reason: "timeout", detail: "" }),
  reset: (_at: Instant): ProbeOutcome => ({ kind: "unreachable", reason: "connection-reset", detail: "" }),
  private: (_at: Instant): ProbeOutcome => ({ kind: "refused", reason: "forbidden-address", detail: "" }),
} as const;
type AnswerName = keyof typeof ANSWERS | "304";

function outcomeOf(answer: AnswerName, state: ServerState, at: Instant): ProbeOutcome {
  if (answer !== "304") return ANSWERS[answer](at);
  const validator = validatorFor(state, at, REVISIT_POLICY);
  if (validator !== null) return { kind: "unchanged", confirms: validator.outcome };
  return { kind: "unusable", reason: "unasked-not-modified", findings: [], validator: null };
}

function decide(state: ServerState, outcome: ProbeOutcome, at: Instant, jitter = 0.5): ProbeDecision {
  const interpretation = { outcome, freshForMs: null, retryAfterMs: null };
  return decideProbe({ state, interpretation, fetchedAt: at, policy: REVISIT_POLICY, jitter });
}

type Step = readonly [hours: number, answer: AnswerName];

function walk(steps: readonly Step[]) {
  let state = initialState(hostname("example.org"));
  const decisions: ProbeDecision[] = [];
  for (const [hours, answer] of steps) {
    const at = addMs(START, hours * HOUR_MS);
    const decision = decide(state, outcomeOf(answer, state, at), at);
    decisions.push(decision);
    state = decision.state;
  }
  return decisions;
}

/** What is published after each step: `-` for nothing, else the name of the body. */
function publishedAfter(steps: readonly Step[]): string {
  const names = new Map<string, string>();
  for (const name of Object.keys(BODIES) as BodyName[]) {
    const outcome = documentOutcome(name);
    if (outcome.kind === "document") names.set(outcome.fingerprint, name);
  }
  return walk(steps)
    .map(({ state }) => (state.published === null ? "-" : names.get(state.published.fingerprint)))
    .join(" ");
}

const D = 24;

describe("what is published after each probe", () => {
  test.each<[string, readonly Step[], string]>([
    [
      "nothing, then a document",
      [
        [0, "gone"],
        [D, "A"],
      ],
      "- a",
    ],
    [
      "404, time-out, 404 after 25 h",
      [
        [0, "A"],
        [1, "gone"],
        [10, "timeout"],
        [26, "gone"],
      ],
      "a a a -",
    ],
    [
      "404 twice within a day",
      [
        [0, "A"],
        [1, "gone"],
        [24, "gone"],
      ],
      "a a a",
    ],
    [
      "404 twice exactly a day apart",
      [
        [0, "A"],
        [1, "gone"],
        [25, "gone"],
      ],
      "a a -",
    ],
    [
      "404, HTML, 404",
      [
        [0, "A"],
        [1, "gone"],
        [10, "html"],
        [30, "gone"],
      ],
      "a a a -",
    ],
    [
      "404 with a validator, then 304",
      [
        [0, "A"],
        [1, "gone+etag"],
        [26, "304"],
      ],
      "a a -",
    ],
    [
      "404 without a validator, then a 304 nobody asked for",
      [
        [0, "A+etag"],
        [1, "gone"],
        [26, "304"],
      ],
      "a a a",
    ],
    [
      "a document with a validator, then 304",
      [
        [0, "A+etag"],
        [D, "304"],
      ],
      "a a",
    ],
    [
      "three HTML in 15 days",
      [
        [0, "A"],
        [1, "html"],
        [7 * D, "html"],
        [15 * D + 1, "html"],
      ],
      "a a a -",
    ],
    [
      "three HTML in 13 days",
      [
        [0, "A"],
        [1, "html"],
        [7 * D, "html"],
        [13 * D + 1, "html"],
      ],
      "a a a a",
    ],
    [
      "two HTML in 15 days",
      [
        [0, "A"],
        [1, "html"],
        [15 * D + 1, "html"],
      ],
      "a a a",
    ],
    [
      "HTML, document, HTML, HTML",
      [
        [0, "A"],
        [1, "html"],
        [7 * D, "A"],
        [15 * D, "html"],
        [17 * D, "html"],
      ],
      "a a a a a",
    ],
    [
      "404, document, 404",
      [
        [0, "A"],
        [1, "gone"],
        [2, "A"],
        [30, "gone"],
      ],
      "a a a a",
    ],
    [
      "404, another document, 404",
      [
        [0, "A"],
        [1, "gone"],
        [2, "B"],
        [30, "gone"],
      ],
      "a a b b",
    ],
    [
      "time-outs for a year",
      [
        [0, "A"],
        [100 * D, "timeout"],
        [200 * D, "reset"],
        [365 * D, "private"],
      ],
      "a a a a",
    ],
    [
      "withdrawn and published again",
      [
        [0, "A"],
        [1, "gone"],
        [26, "gone"],
        [50, "A"],
      ],
      "a a - a",
    ],
    [
      "withdrawn, then one absence after the next document",
      [
        [0, "A"],
        [1, "gone"],
        [26, "gone"],
        [50, "B"],
        [80, "gone"],
      ],
      "a a - b b",
    ],
  ])("%s", (_name, steps, expected) => {
    expect(publishedAfter(steps)).toBe(expected);
  });
});

describe("what a probe changes", () => {
  const kinds = (steps: readonly Step[]) => walk(steps).map(({ changes }) => changes.map((change) => change.kind));

  test.each<[string, readonly Step[], Change["kind"][][]]>([
    [
      "a first failure is no change: there was nothing before",
      [
        [0, "timeout"],
        [D, "timeout"],
      ],
      [[], []],
    ],
    [
      "a first document is published",
      [
        [0, "A"],
        [D, "A"],
      ],
      [["document-published"], []],
    ],
    [
      "an outage is a condition",
      [
        [0, "A"],
        [D, "timeout"],
        [48, "reset"],
        [72, "A"],
      ],
      [["document-published"], ["became-unreachable"], [], ["recovered"]],
    ],
    [
      "a withdrawal comes after the condition",
      [
        [0, "A"],
        [1, "gone"],
        [26, "gone"],
        [50, "gone"],
      ],
      [["document-published"], ["became-absent"], ["document-withdrawn"], []],
    ],
    [
      "an edit",
      [
        [0, "A"],
        [D, "B"],
      ],
      [["document-published"], ["contact-removed", "contact-added", "support-page-changed"]],
    ],
    [
      "a broken comma is the server's doing",
      [
        [0, "A"],
        [D, "broken"],
      ],
      [["document-published"], ["verdict-changed"]],
    ],
    [
      "a name that comes back without a document",
      [
        [0, "timeout"],
        [D, "gone"],
      ],
      [[], ["recovered"]],
    ],
    [
      "a refusal",
      [
        [0, "gone"],
        [D, "private"],
        [48, "gone"],
      ],
      [[], ["became-refused"], ["recovered"]],
    ],
  ])("%s", (_name, steps, expected) => {
    expect(kinds(steps).map((list) => [...list].sort())).toEqual(expected.map((list) => [...list].sort()));
  });

  test("the same bytes under newer rules are our doing", () => {
    const before = decide(initialState(hostname("example.org")), documentOutcome("a"), START).state;
    if (before.published === null) throw new Error("nothing is published");
    const judgedLess: ServerState = {
      ...before,
      published: { ...before.published, verdict: "usable", rulesVersion: before.published.rulesVersion - 1 },
    };
    const { changes, span } = decide(judgedLess, documentOutcome("a"), addMs(START, DAY_MS));
    expect(changes).toEqual([{ kind: "verdict-changed", before: "usable", after: "valid", cause: "rules" }]);
    expect(span.action).toBe("extend");
  });

  test("alternating reasons stay in one span and are counted", () => {
    const last = walk([
      [0, "timeout"],
      [1, "reset"],
      [2, "reset"],
      [3, "timeout"],
    ]).at(-1);
    expect(last?.state.span).toMatchObject({ count: 4, reasons: { timeout: 2, "connection-reset": 2 } });
    expect(Object.keys(last?.state.span?.reasons ?? {})).toEqual(["connection-reset", "timeout"]);
  });

  test("the two clocks are kept apart", () => {
    const last = walk([
      [0, "A"],
      [10, "timeout"],
      [20, "html"],
      [30, "gone"],
    ]).at(-1);
    expect(last?.state.lastConfirmedAt).toBe(START);
    expect(last?.state.lastProbedAt).toBe(addMs(START, 30 * HOUR_MS));
  });

  test("after the first absence the next look comes a day later, whatever the interval had grown to", () => {
    const steps: Step[] = [];
    for (let n = 0; n < 12; n += 1) steps.push([n * 7 * D, "A"]);
    steps.push([13 * 7 * D, "gone"]);
    const last = walk(steps).at(-1);
    const wait = (last?.dueAt ?? 0) - addMs(START, 13 * 7 * D * HOUR_MS);
    expect(wait).toBeGreaterThanOrEqual(DAY_MS);
    expect(wait).toBeLessThanOrEqual(DAY_MS + HOUR_MS);
  });

  test("a 304 never confirms for longer than a week, and a full answer is asked for where the next visit would be too late", () => {
    const [first] = walk([[0, "A+etag"]]);
    if (first === undefined) throw new Error("no decision");
    // The interval is 12 h by then, and would be 18 h after one more answer that brings nothing new.
    const latest = addMs(START, 7 * DAY_MS - 18 * HOUR_MS);
    expect(validatorFor(first.state, latest, REVISIT_POLICY)).not.toBeNull();
    expect(validatorFor(first.state, addMs(latest, 1), REVISIT_POLICY)).toBeNull();
    expect(validatorFor(first.state, addMs(START, -1), REVISIT_POLICY)).toBeNull();
  });

  test("a 304 keeps the reason of what it confirms, and is not asked for where an outage made us forget it", () => {
    const [first, confirmed, forgotten] = walk([
      [0, "html+etag"],
      [20, "304"],
      [40, "timeout"],
    ]);
    expect(first?.state.validator).not.toBeNull();
    expect(confirmed?.span).toMatchObject({ action: "extend", kind: "unusable", reason: "html" });
    if (forgotten === undefined) throw new Error("no decision");
    expect(validatorFor(forgotten.state, addMs(START, 41 * HOUR_MS), REVISIT_POLICY)).toBeNull();
    expect(forgotten.state.validator).toEqual(first?.state.validator);
  });
});

const failure: fc.Arbitrary<ProbeOutcome> = fc.oneof(
  fc.constantFrom(...FETCH_FAILURES).map((reason): ProbeOutcome => ({ kind: "unreachable", reason, detail: "" })),
  fc.constantFrom(...FETCH_REFUSALS).map((reason): ProbeOutcome => ({ kind: "refused", reason, detail: "" })),
);
const answerName = fc.constantFrom<AnswerName>(...(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]), "304");
const anyWalk = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), answerName), { maxLength: 40 });

/** Plays a walk of (hours since the last, answer) and hands each step to `look`. */
function play(
  steps: readonly (readonly [number, AnswerName])[],
  look: (before: ServerState, decision: ProbeDecision, at: Instant, outcome: ProbeOutcome) => void,
): ServerState {
  let state = initialState(hostname("example.org"));
  let at = START;
  for (const [hours, answer] of steps) {
    at = addMs(at, hours * HOUR_MS);
    const outcome = outcomeOf(answer, state, at);
    const decision = decide(state, outcome, at);
    look(state, decision, at, outcome);
    state = decision.state;
  }
  return state;
}

const CONDITION_KINDS: ReadonlySet<string> = new Set(CONDITION_CHANGE_KINDS);

function isContentChange(change: Change): change is ContentChange {
  return !CONDITION_KINDS.has(change.kind);
}

describe("laws", () => {
  test("no outcome but a document or a confirmed absence changes what is published", () => {
    fc.assert(
      fc.property(anyWalk, (steps) => {
        play(steps, (before, { state, changes }, _at, outcome) => {
          if (state.published?.fingerprint === before.published?.fingerprint) return;
          if (state.published !== null) expect(outcome.kind).toBe("document");
          else expect(changes.some((change) => change.kind === "document-withdrawn")).toBe(true);
        });
      }),
    );
  });

  test("a failure changes neither content nor doubts, whatever came before", () => {
    fc.assert(
      fc.property(anyWalk, failure, (steps, outcome) => {
        const before = play(steps, () => {});
        const { state } = decide(before, outcome, addMs(START, 9_000 * DAY_MS));
        for (const key of [
          "published",
          "absentSince",
          "unusableSince",
          "unusableCount",
          "validator",
          "lastConfirmedAt",
        ] as const) {
          expect(state[key]).toEqual(before[key]);
        }
      }),
    );
  });

  test("an unusable answer alone never withdraws what was confirmed within the last 14 days", () => {
    fc.assert(
      fc.property(anyWalk, fc.constantFrom(...UNUSABLE_REASONS), (steps, reason) => {
        let lastDocumentAt: Instant | null = null;
        const before = play(steps, (_before, { state }, at) => {
          if (state.span?.kind === "document") lastDocumentAt = at;
        });
        if (before.published === null || lastDocumentAt === null) return;
        const at = addMs(lastDocumentAt, 14 * DAY_MS - 1);
        const { state } = decide(before, { kind: "unusable", reason, findings: [], validator: null }, at);
        expect(state.published).toEqual(before.published);
      }),
    );
  });

  test("applying the changes to the content before gives the content after", () => {
    fc.assert(
      fc.property(anyWalk, (steps) => {
        play(steps, (before, { state, changes }) => {
          const after = applyChanges(before.published?.document ?? null, changes.filter(isContentChange));
          const sorted = (document: typeof after) =>
            document === null
              ? null
              : {
                  ...document,
                  contacts: [...document.contacts].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
                };
          expect(sorted(after)).toEqual(sorted(state.published?.document ?? null));
        });
      }),
    );
  });

  test("the next visit is due in (now, now + cap], never below the floor", () => {
    const hints = fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: null });
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(anyWalk, answerName, hints, hints, jitter, (steps, answer, freshForMs, retryAfterMs, random) => {
        let last = START;
        const before = play(steps, (_state, _decision, at) => {
          last = at;
        });
        const now = addMs(last, HOUR_MS);
        const interpretation = { outcome: outcomeOf(answer, before, now), freshForMs, retryAfterMs };
        const { dueAt, state } = decideProbe({
          state: before,
          interpretation,
          fetchedAt: now,
          policy: REVISIT_POLICY,
          jitter: random,
        });
        const dead = state.failingSince !== null && now - state.failingSince >= REVISIT_POLICY.deadAfterMs;
        expect(dueAt - now).toBeGreaterThanOrEqual(REVISIT_POLICY.floorMs);
        expect(dueAt - now).toBeLessThanOrEqual(dead ? REVISIT_POLICY.deadMs : REVISIT_POLICY.capMs);
      }),
    );
  });

  test("a server that answers is asked in full at least every 7 days, whatever its headers ask for", () => {
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const fresh = fc.option(fc.integer({ min: 0, max: 30 * DAY_MS }), { nil: null });
    const visits = fc.array(fc.tuple(jitter, fresh), { minLength: 30, maxLength: 60 });
    const outcome = fc.constantFrom("A+etag", "gone+etag", "html+etag");
    let confirmations = 0;
    fc.assert(
      fc.property(outcome, visits, (full, all) => {
        let state = initialState(hostname("example.org"));
        let at = START;
        let lastFullAt = START;
        for (const [random, freshForMs] of all) {
          const isConditional = validatorFor(state, at, REVISIT_POLICY) !== null;
          if (isConditional) confirmations += 1;
          else lastFullAt = at;
          const interpretation = { outcome: outcomeOf(isConditional ? "304" : full, state, at), freshForMs };
          const decision = decideProbe({
            state,
            interpretation: { ...interpretation, retryAfterMs: null },
            fetchedAt: at,
            policy: REVISIT_POLICY,
            jitter: random,
          });
          expect(decision.state.span).toMatchObject({ kind: state.span?.kind ?? decision.span.kind });
          state = decision.state;
          at = decision.dueAt;
          expect(at - lastFullAt).toBeLessThanOrEqual(REVISIT_POLICY.unconditionalMs);
        }
      }),
    );
    expect(confirmations).toBeGreaterThan(0);
  });

  test("spans are contiguous: an extension keeps kind and revision, an opening changes one of them", () => {
    fc.assert(
      fc.property(anyWalk, (steps) => {
        play(steps, (before, { span, state }) => {
          const same = before.span?.kind === span.kind && before.span.fingerprint === span.fingerprint;
          expect(span.action).toBe(same ? "extend" : "open");
          expect(state.span?.count).toBe(same ? (before.span?.count ?? 0) + 1 : 1);
        });
      }),
    );
  });
});
