import type { Hostname } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { hostnameSchema } from "./stored-json.ts";

export type Witnesses = {
  /** Up to `limit` hostnames whose last outcome was an answer, from all over the directory, at random. */
  sampleAnswering(limit: number): Promise<readonly Hostname[]>;
};

/** Places drawn for each witness: names that do not answer lie between, and two draws may find the same one. */
const DRAWS_PER_WITNESS = 2;

export function createWitnesses(connection: Connection): Witnesses {
  return {
    async sampleAnswering(limit) {
      const rows = await connection.query({
        text: `
          with draws as (
            select floor(random() * (select max(server_id) from schedule)) as place from generate_series(1, $1::int * ${DRAWS_PER_WITNESS})
          ), drawn as (
            select distinct hostname from draws cross join lateral (
              select hostname from schedule
              where server_id > place and due_at is not null and last_probed_at is not null and failing_since is null
              order by server_id limit 1
            ) as next
          )
          select hostname from drawn order by random() limit $1`,
        values: [limit],
      });
      return z
        .array(z.object({ hostname: hostnameSchema }))
        .parse(rows)
        .map(({ hostname }) => hostname);
    },
  };
}
