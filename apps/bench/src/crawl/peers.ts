import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { startProgram } from "../start-program.ts";
import type { BenchFederation } from "./bench-federation.ts";

/** What the peers are given: the same requests as the worker's, and the same federation. */
export type PeerTask = {
  readonly federation: BenchFederation;
  /** Fetched first and not counted, where a peer has anything to warm up. */
  readonly warmUpNames: readonly string[];
  readonly names: readonly string[];
  readonly inFlight: number;
  /** A folder for files of its own. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

const LOOP = fileURLToPath(new URL("undici-loop-main.ts", import.meta.url));
/** The most that curl takes. */
const CURL_MAX_PARALLEL = 300;
/** Names have addresses by their text, all of which serve every name: curl, which has no DNS to ask, takes the first. */
const CURL_ADDRESS = "127.64.0.1";

/** User and system time of a bare loop of undici requests over the same URLs, in milliseconds. */
export async function measureUndiciLoop(task: PeerTask): Promise<number> {
  const { federation, warmUpNames, names, inFlight, folder, signal } = task;
  const urls = join(folder, "urls.txt");
  await writeFile(urls, [...warmUpNames, ...names].map((name) => `${urlOf(federation, name)}\n`).join(""));
  const loop = startProgram({
    name: "the loop of undici requests",
    entry: LOOP,
    args: [
      ...["--urls", urls, "--warm-up", String(warmUpNames.length), "--in-flight", String(inFlight)],
      ...["--dns", federation.dnsServer, "--ca", federation.caFile],
    ],
    signal,
  });
  try {
    const { cpuMs, answered } = JSON.parse(await loop.line((line) => line.startsWith("{")));
    expectAnswers("the loop", answered, names.length);
    return cpuMs;
  } finally {
    await loop.stop();
  }
}

/** User and system time of `curl --parallel` over the same URLs, in milliseconds, by its shell's account of its children. */
export async function measureCurl({ federation, names, inFlight, folder, signal }: PeerTask): Promise<number> {
  const config = join(folder, "curl.txt");
  await writeFile(config, names.map((name) => `url = "${urlOf(federation, name)}"\noutput = /dev/null\n`).join(""));
  const child = spawn(
    "sh",
    [
      ...["-c", 'curl "$@" >&2 2>/dev/null; echo $?; times', "sh", "--silent", "--location", "--parallel"],
      ...["--parallel-max", String(Math.min(inFlight, CURL_MAX_PARALLEL)), "--write-out", "%{http_code}\n"],
      ...["--cacert", federation.caFile, "--resolve", `*:${federation.wellKnownPort}:${CURL_ADDRESS}`],
      ...["--config", config],
    ],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  const kill = () => {
    // The shell and curl, which are a process group of their own.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  process.once("exit", kill);
  signal.addEventListener("abort", kill);
  try {
    const [said, codes] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    signal.throwIfAborted();
    const [status, , children] = said.trim().split("\n");
    const answered = codes.split("\n").filter((code) => code === "200" || code === "404").length;
    expectAnswers(`curl, which ended with status ${status},`, answered, names.length);
    return readTimes(children ?? "");
  } finally {
    process.off("exit", kill);
    signal.removeEventListener("abort", kill);
  }
}

/** A busy machine may cost a few answers; without nearly all of them a figure would mean nothing. */
function expectAnswers(who: string, answered: number, asked: number): void {
  if (answered < 0.99 * asked) throw new Error(`${who} had ${answered} answers of ${asked}`);
}

/** `0m1.23s 0m0.45s`, as POSIX has `times` write it. */
function readTimes(line: string): number {
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (total, [, minutes, seconds]) => total + (Number(minutes) * 60 + Number(seconds)) * 1_000,
    0,
  );
}

function urlOf({ wellKnownPort }: BenchFederation, name: string): string {
  return `https://${name}:${wellKnownPort}/.well-known/matrix/support`;
}
