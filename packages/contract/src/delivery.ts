import type { Delivery } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, toIsoOrNull } from "./instant.ts";

const hopSchema = z
  .object({ url: z.string(), status: z.number().int().nullable(), address: z.string().nullable() })
  .meta({ id: "Hop", description: "One request of a probe; status null where no response came." });
export type HopBody = z.infer<typeof hopSchema>;

const timingSchema = z.object({
  totalMs: z.number(),
  dnsMs: z.number().nullable(),
  connectMs: z.number().nullable(),
  firstByteMs: z.number().nullable(),
});
export type TimingBody = z.infer<typeof timingSchema>;

export const deliverySchema = z
  .object({
    hops: z.array(hopSchema),
    tls: z
      .object({ protocol: z.string().nullable(), issuer: z.string().nullable(), validTo: instantSchema.nullable() })
      .nullable(),
    timing: timingSchema,
  })
  .meta({ id: "Delivery", description: "How the last probe went over the wire." });
export type DeliveryBody = z.infer<typeof deliverySchema>;

/** The wire form of a hop. */
export function toHop({ url, status, address }: Delivery["hops"][number]): HopBody {
  return { url, status, address };
}

/** The wire form of a probe's timing, in milliseconds. */
export function toTiming({ totalMs, dnsMs, connectMs, firstByteMs }: Delivery["timing"]): TimingBody {
  return { totalMs, dnsMs, connectMs, firstByteMs };
}

/** The wire form of the facts of delivery. */
export function toDelivery({ hops, tls, timing }: Delivery): DeliveryBody {
  return {
    hops: hops.map(toHop),
    tls: tls === null ? null : { protocol: tls.protocol, issuer: tls.issuer, validTo: toIsoOrNull(tls.validTo) },
    timing: toTiming(timing),
  };
}
