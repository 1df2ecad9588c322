/**
 * @typedef {import("@switchboard/contract").ProblemBody} Problem
 * @typedef {import("@switchboard/contract").ContactRouteBody} ContactRoute
 * @typedef {import("@switchboard/contract").ListingBody} Listing
 * @typedef {import("@switchboard/contract").ChangeBody} Change
 * @typedef {import("@switchboard/contract").StatsBody} Stats
 */

/** What the API says is wrong with a request. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Asks the API. Throws a ProblemError for what it refuses, an Error where it cannot be reached.
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
async function ask(path, init = {}) {
  const response = await fetch(path, { ...init, credentials: "omit" });
  const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  if (!isJson) throw new Error(`the server answered ${response.status} with something that is not JSON`);
  const body = await response.json();
  if (!response.ok) throw new ProblemError(body);
  return body;
}

/**
 * @param {string} entity
 * @param {string} purpose
 * @param {AbortSignal} signal
 * @returns {Promise<ContactRoute>}
 */
export function askForRoute(entity, purpose, signal) {
  return ask(`/v1/route?${new URLSearchParams({ entity, purpose })}`, { signal });
}

/**
 * The listing of a server and its latest changes; null where the directory does not know it.
 * @param {string} serverName
 * @param {AbortSignal} signal
 * @returns {Promise<{ listing: Listing, changes: Change[] } | null>}
 */
export async function askForServer(serverName, signal) {
  const path = `/v1/servers/${encodeURIComponent(serverName)}`;
  try {
    const [listing, page] = await Promise.all([ask(path, { signal }), ask(`${path}/changes?limit=5`, { signal })]);
    return { listing, changes: page.items };
  } catch (error) {
    if (error instanceof ProblemError && [404, 410].includes(error.problem.status)) return null;
    throw error;
  }
}

/** @returns {Promise<Stats>} */
export function askForStats() {
  return ask("/v1/stats");
}

/**
 * Asks for a fresh probe of a server; submits its name where the directory does not know it. Answers when the server was
 * last probed until now.
 * @param {string} serverName
 * @returns {Promise<string | null>}
 */
export async function askForProbe(serverName) {
  try {
    const { lastProbedAt } = await ask(`/v1/servers/${encodeURIComponent(serverName)}/probe`, { method: "POST" });
    return lastProbedAt;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
    const headers = { "content-type": "application/json" };
    await ask("/v1/servers", { method: "POST", headers, body: JSON.stringify({ names: [serverName] }) });
    return null;
  }
}

const PROBE_LOOKS = 15;
const BETWEEN_LOOKS_MS = 1_000;

/**
 * Waits until a server was probed later than `before`; false where that takes too long, or the answer is no longer wanted.
 * @param {string} serverName
 * @param {string | null} before
 * @param {AbortSignal} signal
 */
export async function waitForProbe(serverName, before, signal) {
  for (let look = 0; look < PROBE_LOOKS && !signal.aborted; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    const { lastProbedAt } = await ask(`/v1/servers/${encodeURIComponent(serverName)}`, { signal });
    if (lastProbedAt !== before) return true;
  }
  return false;
}
