import { z } from "zod";

/** What a hit is told from: the members that the store's rows have. */
export type ContactHitRow = {
  readonly serverName: string;
  readonly role: string | null;
  readonly kind: "matrix_id" | "email_address";
  readonly value: string;
};

export const contactHitSchema = z
  .object({
    serverName: z.string(),
    role: z.string().nullable(),
    kind: z.enum(["matrix_id", "email_address"]),
    value: z
      .string()
      .nullable()
      .meta({ description: "Null where a domain was asked for without an API key: the addresses at it are not told." }),
  })
  .meta({ id: "ContactHit", description: "A server that names the contact asked for." });
export type ContactHitBody = z.infer<typeof contactHitSchema>;

/** The wire form of a hit of the reverse look-up. */
export function toContactHit(
  { serverName, role, kind, value }: ContactHitRow,
  addresses: "with-addresses" | "without-addresses",
): ContactHitBody {
  return { serverName, role, kind, value: addresses === "with-addresses" ? value : null };
}
