import type { Hostname, ServerKey } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import { appendToFeed, moveTallies, type TallyDelta } from "./feed.ts";
import { lockHeld, readHeld } from "./held-server.ts";
import { writeProjections } from "./projection-rows.ts";
import { projectServer } from "./server-projection.ts";
import { hostnameSchema } from "./stored-json.ts";

export type OptOuts = {
  /**
   * Honours an operator's wish for the whole hostname of this name: deletes revisions and contacts, blanks the details of
   * changes, stops probing. Only the fact stays (docs/architecture.md, "The one path that matters").
   */
  optOut(name: ServerKey): Promise<"opted-out" | "unknown-name">;
};

const nothing = projectServer({
  published: null,
  condition: "unprobed",
  conditionReason: null,
  standing: "opted-out",
});

export function createOptOuts(connection: Connection): OptOuts {
  return {
    async optOut(name) {
      const rows = await connection.query({
        text: "select hostname from servers join server_names on server_id = id where key = $1",
        values: [name],
      });
      const [found] = z.array(z.object({ hostname: hostnameSchema })).parse(rows);
      if (found === undefined) return "unknown-name";
      await connection.transaction((query) => erase(connection, query, found.hostname));
      return "opted-out";
    },
  };
}

async function erase(connection: Connection, query: Query, hostname: Hostname): Promise<void> {
  await lockHeld(query, [hostname]);
  const before = (await readHeld(connection, query, [hostname])).get(hostname);
  if (before === undefined) throw new Error(`the row of ${hostname} does not parse; it was reported`);
  // Without a token, a probe that is under way can record nothing any more.
  const statements = [
    "update schedule set due_at = null, lease_until = null, lease_token = null, asked_at = null, last_probed_at = null, " +
      "last_confirmed_at = null, absent_since = null, unusable_since = null, unusable_count = 0, failing_since = null, " +
      "failure_count = 0, interval_ms = null, version = version + 1 where server_id = $1",
    "update servers set opted_out_at = coalesce(opted_out_at, now()), revision = null, published_since = null, " +
      "verdict = null, findings = '[]', rules_version = null, condition = 'unprobed', condition_reason = null, " +
      "condition_since = null, answer_findings = '[]', withdrawn_at = null, last_changed_at = null where id = $1",
    "update spans set revision = null where server_id = $1 and revision is not null",
    "update changes set detail = null where server_id = $1",
    "delete from revisions where server_id = $1",
    "delete from deliveries where server_id = $1",
  ];
  for (const text of statements) await query({ text, values: [before.id] });
  await writeProjections(query, [{ serverId: before.id, projection: nothing, contacts: "replaced" }]);
  const delta: TallyDelta = new Map();
  moveTallies(delta, before.tallyKeys, nothing.tallyKeys);
  await appendToFeed(query, delta, []);
}
