import {
  type ChangeKind,
  MAX_ENTITY_CHARACTERS,
  PURPOSES,
  parseServerName,
  type ServerName,
} from "@switchboard/domain";
import { z } from "zod";
import { changeKindSchema } from "./change.ts";
import { parseIso } from "./instant.ts";

/** Bounds of what a request may carry. */
export const MAX_BATCH = 1_000;
export const MAX_QUERY_CHARACTERS = 200;
export const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;
export const MAX_LINT_BYTES = 64 * 1024;
export const MAX_BODY_BYTES = 1024 * 1024;

/** A failed check of ours, as zod reports it: `fix` becomes the problem's advice. */
function refuse(context: z.RefinementCtx, message: string, fix: string): typeof z.NEVER {
  context.addIssue({ code: "custom", message, params: { fix } });
  return z.NEVER;
}

/** A server name in a path or a query (appendices, "Server Name"). */
export const serverNameParameter = z
  .string()
  .meta({
    description: "A server name, as in Matrix IDs: a DNS name or an IP literal, perhaps with a port.",
    examples: ["example.org"],
  })
  .transform((text, context) => {
    const parsed = parseServerName(text);
    return parsed.ok ? parsed.value : refuse(context, parsed.error.message, parsed.error.hint);
  });

/** `?at=`: answer as of that moment. */
export const atParameter = z
  .string()
  .meta({ description: "Answer as of this moment: an RFC 3339 instant, or a date (the end of that day, UTC)." })
  .transform((text, context) => {
    // The plus of an offset, sent as it is, reaches us as a space.
    const parsed = parseIso(text.replace(/ (?=\d\d:\d\d$)/, "+"));
    return parsed.ok ? parsed.value : refuse(context, parsed.error.message, parsed.error.hint);
  });

export const limitParameter = z
  .string()
  .meta({ description: `How many items at most, 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} when not given.` })
  .transform((text, context) => {
    const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
    if (limit >= 1 && limit <= MAX_PAGE) return limit;
    return refuse(
      context,
      `is no number from 1 to ${MAX_PAGE}`,
      `Ask for 1 to ${MAX_PAGE} items and follow nextCursor.`,
    );
  })
  .default(DEFAULT_PAGE);

export const cursorParameter = z.string().max(512).meta({ description: "Opaque: the nextCursor of the page before." });

/** What every list takes. */
export const pageParameters = { limit: limitParameter, cursor: cursorParameter.optional() };

/** Text that is searched for: no NUL, no half of a surrogate pair, neither of which can be stored or found. */
export const searchTextParameter = z
  .string()
  .max(MAX_QUERY_CHARACTERS)
  .superRefine((text, context) => {
    if (text.isWellFormed() && !text.includes("\u0000")) return;
    refuse(context, "holds characters that no text has", "Leave out NUL characters and lone surrogates.");
  });

/** `?software=`: a name, or a name and what its version begins with. */
export const softwareParameter = searchTextParameter
  .min(1)
  .meta({
    description:
      "Servers that are online and run this: the software's name in any case, perhaps with a slash and what its version begins with.",
    examples: ["synapse", "Synapse/1.98"],
  })
  .transform((text) => {
    const slash = text.indexOf("/");
    return slash === -1
      ? { name: text.trim(), version: "" }
      : { name: text.slice(0, slash).trim(), version: text.slice(slash + 1).trim() };
  });

/** A role in any of its spellings. */
export const roleParameter = searchTextParameter.min(1).meta({ examples: ["m.role.admin"] });

export const revisionNumberParameter = z
  .string()
  .meta({ description: "The number of a revision, from 1." })
  .transform((text, context) =>
    /^[1-9][0-9]{0,8}$/.test(text)
      ? Number(text)
      : refuse(context, "is no number of a revision", "Revisions are numbered from 1."),
  );

/** One kind of change, or several between commas. */
export const changeKindsParameter = z
  .string()
  .max(MAX_QUERY_CHARACTERS * 2)
  .meta({ description: "Only these kinds of change, between commas.", examples: ["contact-added,contact-removed"] })
  .transform((text, context): readonly ChangeKind[] => {
    const kinds = z.array(changeKindSchema).safeParse(text.split(",").map((kind) => kind.trim()));
    if (kinds.success) return kinds.data;
    return refuse(context, "is no kind of change", `Use some of: ${changeKindSchema.options.join(", ")}.`);
  });

export const purposeParameter = z
  .enum(PURPOSES)
  .meta({ description: "What the contact is wanted for; abuse when not given." })
  .default("abuse");

export const entityParameter = z
  .string()
  .min(1)
  .max(MAX_ENTITY_CHARACTERS)
  .meta({
    description:
      "A server name, user ID, room ID, alias, event ID, mxc://, matrix: or matrix.to URI, with what people paste around it.",
    examples: ["@spam:example.org"],
  });

const MAX_VIA = 20;

/** `?via=`, once or several times: servers that take part in the room. */
export const viaParameter = z
  .union([z.string(), z.array(z.string())])
  .meta({
    description: `Servers that take part in the room, for an event or room ID (also inside entity); at most ${MAX_VIA}.`,
  })
  .transform((given, context): readonly ServerName[] => {
    const texts = [given].flat();
    if (texts.length > MAX_VIA) {
      return refuse(
        context,
        `names ${texts.length} servers`,
        `Name at most ${MAX_VIA}: each answer is about all of them.`,
      );
    }
    const names: ServerName[] = [];
    for (const text of texts) {
      const parsed = parseServerName(text.trim());
      if (!parsed.ok) return refuse(context, parsed.error.message, parsed.error.hint);
      names.push(parsed.value);
    }
    return names;
  });
