import { askForProbe, askForRoute, askForServer, askForStats, ProblemError, waitForProbe } from "./ask.js";
import { element, foreign } from "./elements.js";
import { serverCard } from "./server-card.js";

const form = find("look-up", HTMLFormElement);
const input = find("entity", HTMLInputElement);
const purpose = find("purpose", HTMLSelectElement);
const results = find("results", HTMLElement);
const statistics = find("statistics", HTMLElement);

let current = new AbortController();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  // The fragment never leaves the browser: what is looked up is in no server's or proxy's log of pages.
  const fragment = `#/${encodeURIComponent(input.value.trim())}`;
  if (location.hash === fragment) void lookUp();
  else location.hash = fragment;
});
purpose.addEventListener("change", () => {
  if (input.value.trim() !== "") void lookUp();
});
window.addEventListener("hashchange", () => void openFragment());
void openFragment();
void showStatistics();

async function openFragment() {
  if (!location.hash.startsWith("#/")) return;
  const entity = decodeFragment(location.hash.slice(2));
  input.value = entity;
  await lookUp();
}

async function lookUp() {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  results.replaceChildren(element("p", { class: "quiet" }, ["Looking …"]));
  try {
    const route = await askForRoute(input.value.trim(), purpose.value, signal);
    const servers = await Promise.all(route.servers.map((server) => askForListed(server, signal)));
    results.replaceChildren(
      route.needsSender
        ? senderNotice(route.servers.length > 0)
        : element("p", { class: "summary" }, [foreign(route.summary)]),
      ...route.servers.map((server, index) => serverCard(server, servers[index] ?? null, { onProbe: requestProbe })),
      addressOfAnswer(),
    );
    results.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) results.replaceChildren(...explain(error));
  }
}

/**
 * What the directory holds of a server of an answer; null where that is nothing.
 * @param {import("./server-card.js").ServerRoute} server
 * @param {AbortSignal} signal
 */
function askForListed({ serverName, freshness, methods }, signal) {
  // A name with a port may be answered for by its hostname.
  const listed = methods[0]?.source.serverName ?? serverName;
  return freshness === null ? null : askForServer(listed, signal);
}

/** @param {boolean} namesServers */
function senderNotice(namesServers) {
  const others = namesServers
    ? " The servers below have to do with it, and need not be the sender's."
    : " It names no server at all.";
  return element("p", { class: "notice" }, [
    element("strong", {}, ["This does not say whose user it was."]),
    " Look up the sender's user ID, such as @name:example.org, to reach that user's own server.",
    others,
  ]);
}

function addressOfAnswer() {
  const entity = input.value.trim();
  const query = new URLSearchParams({ entity, purpose: purpose.value });
  const page = `/r/${encodeURIComponent(entity)}?${new URLSearchParams({ purpose: purpose.value })}`;
  return element("p", { class: "quiet" }, [
    element("a", { href: `/v1/route?${query}` }, ["This answer as JSON"]),
    " · ",
    element("a", { href: page }, ["Its stable address"]),
  ]);
}

/**
 * Asks for a probe, and shows what it found if it comes soon.
 * @param {string} serverName
 * @returns {Promise<string>} what to say about it
 */
async function requestProbe(serverName) {
  const { signal } = current;
  try {
    const before = await askForProbe(serverName);
    const isProbed = await waitForProbe(serverName, before, signal);
    if (isProbed && !signal.aborted) await lookUp();
    return "It will be asked as soon as it can be: look it up again later.";
  } catch (error) {
    return error instanceof ProblemError ? error.problem.detail : "The directory could not be reached.";
  }
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof ProblemError)) {
    return [element("p", { class: "notice", role: "alert" }, ["The directory could not be reached. Try again."])];
  }
  const { title, detail, errors } = error.problem;
  const fixes = (errors ?? []).map(({ detail: what, fix }) => element("li", {}, [`${what}. ${fix}`]));
  return [
    element("div", { class: "notice", role: "alert" }, [
      element("strong", {}, [error.problem.status === 400 ? "Not understood" : title]),
      fixes.length === 0 ? element("p", {}, [detail]) : element("ul", {}, fixes),
    ]),
  ];
}

async function showStatistics() {
  try {
    const { names, published } = await askForStats();
    const number = new Intl.NumberFormat("en");
    statistics.textContent = `${number.format(names)} server names known, ${number.format(published)} publish contacts`;
  } catch {
    statistics.textContent = "";
  }
}

/** @param {string} fragment */
function decodeFragment(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // Somebody typed a bare % into the address bar: it is what it is.
    return fragment;
  }
}

/**
 * @template {HTMLElement} Wanted
 * @param {string} id
 * @param {new () => Wanted} kind
 * @returns {Wanted}
 */
function find(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}
