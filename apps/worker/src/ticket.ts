import { z } from "zod";

/**
 * Lets whoever works on it claim one batch. It names no hostname and no lease ages in it: what is due is decided in
 * Postgres when the ticket is worked on (docs/architecture.md, "Crawling"), so a lost or doubled ticket costs time only.
 */
export type Ticket = { readonly version: 1 };

export const TICKET: Ticket = { version: 1 };

const schema = z.object({ version: z.literal(1) });

/** Parses a job's payload. Answers what is wrong with it where it is no ticket; the text repeats no value. */
export function parseTicket(payload: unknown): { ok: true; value: Ticket } | { ok: false; error: string } {
  const parsed = schema.safeParse(payload);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, error: z.prettifyError(parsed.error) };
}
