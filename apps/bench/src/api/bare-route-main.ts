import fastify from "fastify";
import pg from "pg";

// The peer of the API's benchmark: a bare Fastify route that answers the same listing out of the same tables by the same
// primary key, through `pg` alone. What a good engineer writes first: a pool, a prepared statement, one object out of the
// row; no validation of what goes in or out, no tags, quotas, metrics or log.

const [connectionString, poolSize] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: Number(poolSize) });
const app = fastify();

const LISTING = {
  name: "listing",
  text: `
    select server_names.key, server_names.first_seen_at, servers.hostname, schedule.revision, revisions.document,
      schedule.verdict, schedule.findings, schedule.rules_version, schedule.published_since, schedule.condition,
      schedule.condition_reason, schedule.condition_since, schedule.answer_findings, servers.withdrawn_at,
      servers.last_changed_at, schedule.absent_since, schedule.last_probed_at, schedule.last_confirmed_at,
      schedule.due_at, deliveries.delivery, discoveries.software_name, discoveries.software_version,
      discoveries.software_since, discoveries.online_since, discoveries.last_answered_at, discoveries.last_tried_at,
      discoveries.failure
    from server_names
      join servers on servers.id = server_names.server_id
      join schedule on schedule.server_id = servers.id
      left join revisions on revisions.server_id = servers.id and revisions.n = schedule.revision
      left join deliveries on deliveries.server_id = servers.id
      left join discoveries on discoveries.key = server_names.key and discoveries.last_tried_at is not null
    where server_names.key = $1`,
};

app.get<{ Params: { name: string } }>("/v1/servers/:name", async (request, reply) => {
  const { rows } = await pool.query({ ...LISTING, values: [request.params.name] });
  const row = rows[0];
  if (row === undefined) return reply.code(404).send({ error: "not in the directory" });
  return {
    serverName: row.key,
    hostname: row.hostname,
    contacts: row.document?.contacts ?? [],
    supportPage: row.document?.support_page ?? null,
    policies: row.document?.policies ?? [],
    document: row.document,
    revision: row.revision,
    verdict: row.verdict,
    rulesVersion: row.rules_version,
    findings: row.findings,
    publishedSince: row.published_since,
    withdrawnAt: row.withdrawn_at,
    condition: { state: row.condition, reason: row.condition_reason, since: row.condition_since },
    answerFindings: row.answer_findings,
    absentSince: row.absent_since,
    freshness: {
      state: "fresh",
      reasons: [{ code: "confirmed", message: "The document was seen as it is shown.", since: row.last_confirmed_at }],
    },
    firstSeenAt: row.first_seen_at,
    lastProbedAt: row.last_probed_at,
    lastConfirmedAt: row.last_confirmed_at,
    lastChangedAt: row.last_changed_at,
    nextProbeAt: row.due_at,
    delivery: {
      ...row.delivery,
      hops: row.delivery.hops.map((hop: { url: string; status: number | null; address: string | null }) => ({
        url: hop.url,
        status: hop.status,
        address: hop.address,
      })),
    },
    software:
      row.last_tried_at === null
        ? null
        : {
            name: row.software_name,
            version: row.software_version,
            since: row.software_since,
            onlineSince: row.online_since,
            lastAnsweredAt: row.last_answered_at,
            checkedAt: row.last_tried_at,
            reason: row.failure,
          },
  };
});

process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
