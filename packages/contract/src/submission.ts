import { z } from "zod";
import { MAX_BATCH } from "./parameter.ts";

export const submissionSchema = z
  .strictObject({ names: z.array(z.string()).min(1).max(MAX_BATCH) })
  .meta({ id: "Submission", description: "Server names to probe." });
export type SubmissionBody = z.infer<typeof submissionSchema>;

/** A name that is none: which of those sent, why, and what to write instead. */
const rejectionSchema = z.object({
  index: z.number().int().meta({ description: "Its place in `names`, from 0." }),
  name: z.string(),
  code: z.string(),
  message: z.string(),
  hint: z.string(),
});

export const submissionResultSchema = z
  .object({
    added: z.number().int().meta({ description: "Names that the directory did not know." }),
    known: z.number().int().meta({ description: "Names that it knew already." }),
    rejected: z.array(rejectionSchema),
  })
  .meta({ id: "SubmissionResult" });
export type SubmissionResultBody = z.infer<typeof submissionResultSchema>;

export const probeRequestSchema = z
  .object({
    serverName: z.string(),
    watch: z.string().meta({ description: "The listing to watch: done when its lastProbedAt differs from this one." }),
    lastProbedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "ProbeRequest" });
export type ProbeRequestBody = z.infer<typeof probeRequestSchema>;
