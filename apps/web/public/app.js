import { askForProbe, askForRoute, askForServer, askForStats, ProblemError } from "./ask.js";
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
    const servers = await Promise.all(route.servers.map(({ serverName }) => askForServer(serverName, signal)));
    results.replaceChildren(
      element("p", { class: "summary" }, [foreign(route.summary)]),
      ...(route.needsSender ? [senderNotice()] : []),
      ...route.servers.map((server, index) => serverCard(server, servers[index] ?? null, { onProbe: requestProbe })),
      addressOfAnswer(),
    );
    results.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) results.replaceChildren(...explain(error));
  }
}

function senderNotice() {
  return element("p", { class: "notice" }, [
    "This does not say whose user it was. Look up the sender's user ID to reach that user's own server.",
  ]);
}

function addressOfAnswer() {
  const query = new URLSearchParams({ entity: input.value.trim(), purpose: purpose.value });
  return element("p", { class: "quiet" }, [
    element("a", { href: `/v1/route?${query}` }, ["This answer as JSON"]),
    " · ",
    element("a", { href: `/r/${encodeURIComponent(input.value.trim())}` }, ["Its stable address"]),
  ]);
}

/**
 * @param {string} serverName
 * @returns {Promise<string>} what to say about it
 */
async function requestProbe(serverName) {
  try {
    await askForProbe(serverName);
    return "It will be asked in a moment: look it up again.";
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
