// A process that owns an embedded server, for tests that kill it: prints what it has as one JSON line, then waits.
import { EmbeddedPostgresError, startPostgres } from "../src/index.ts";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: owner.ts DATA_DIR");
// Deaf to Ctrl-C, as an application is while it drains.
process.on("SIGINT", () => {});
try {
  const server = await startPostgres({ dataDir });
  process.stdout.write(`${JSON.stringify({ connectionString: server.connectionString, adopted: server.adopted })}\n`);
  process.stdin.resume().on("end", async () => {
    await server.stop();
    process.exit(0);
  });
} catch (error) {
  const problem = error instanceof EmbeddedPostgresError ? error.problem : "other";
  process.stdout.write(`${JSON.stringify({ problem, message: String(error) })}\n`);
  process.exitCode = 1;
}
