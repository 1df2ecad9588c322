import { z } from "zod";

/** What is to go wrong in a worker of `faulty-worker-main.ts`, and when: at the n-th time that its point is reached. */
export type Fault =
  /** The process gets the signal right there, before it can do anything else. */
  | { readonly kind: "signal"; readonly signal: "SIGKILL" | "SIGSTOP"; readonly point: FaultPoint; readonly at: number }
  /** The clock of the whole process is `byMs` off from then on. */
  | { readonly kind: "clock-jump"; readonly byMs: number; readonly point: FaultPoint; readonly at: number };

/** With claims in hand; with a report in hand; with decisions about to be written; with them committed, which nobody was told yet. */
const FAULT_POINTS = ["after-claim", "after-fetch", "before-commit", "after-commit"] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** What the process says on its standard error when it gets there. */
export const FAULT_REACHED = "the fault is reached";

/** The variable that tells a faulty worker its fault, as JSON. */
export const FAULT_VARIABLE = "FAULT";

const moment = { point: z.enum(FAULT_POINTS), at: z.int().positive() };
const schema: z.ZodType<Fault> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("signal"), signal: z.enum(["SIGKILL", "SIGSTOP"]), ...moment }),
  z.object({ kind: z.literal("clock-jump"), byMs: z.int(), ...moment }),
]);

/** Parses the variable's value; throws where it is no fault. */
export function parseFault(text: string | undefined): Fault {
  return schema.parse(JSON.parse(text ?? "null"));
}
