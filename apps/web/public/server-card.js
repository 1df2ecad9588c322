import { age } from "./age.js";
import { element, foreign, link } from "./elements.js";

/**
 * @typedef {import("@switchboard/contract").ContactRouteBody["servers"][number]} ServerRoute
 * @typedef {import("@switchboard/contract").ListingBody} Listing
 * @typedef {import("@switchboard/contract").ChangeBody} Change
 */

const RELATIONS = {
  author: "The server this comes from.",
  "alias-host": "Keeps the room alias. It need not be the server of whoever did something.",
  "room-creator": "Its name is in the room ID. It need not be the server of whoever did something.",
  participant: "Takes part in the room. It need not be the server of whoever did something.",
};

const KINDS = { email_address: "Mail", matrix_id: "Matrix", support_page: "Support page" };

/**
 * Everything about one server of an answer: whom to write to, why, how fresh, what is not known, findings, history.
 * @param {ServerRoute} route
 * @param {{ listing: Listing, changes: Change[] } | null} server null: the directory has no listing of it
 * @param {{ onProbe: (serverName: string) => Promise<string> }} actions `onProbe` answers what to say
 */
export function serverCard(route, server, { onProbe }) {
  const isKnown = route.freshness !== null;
  const state = route.freshness?.state ?? "unknown";
  const heading = element("h2", {}, [
    foreign(route.serverName),
    " ",
    element("span", { class: `badge ${state}`, title: "How far our knowledge can be trusted" }, [state]),
  ]);
  return element("section", { class: "card" }, [
    heading,
    element("p", { class: "relation quiet" }, [RELATIONS[route.relation]]),
    route.methods.length === 0
      ? element("p", { class: "none" }, [
          route.setAside.length === 0 ? "No contact is known." : "No contact is left to offer.",
        ])
      : element("ol", { class: "methods" }, route.methods.map(methodItem)),
    ...unknowns(route),
    ...(server === null ? [] : [facts(server.listing), ...findings(server.listing), history(server)]),
    probe(route.serverName, isKnown ? "Ask the server now" : "Add it to the directory", onProbe),
  ]);
}

/** @param {ServerRoute["methods"][number]} method */
function methodItem({ kind, value, href, role, reasons, confirmedAt, pgpKey }) {
  const about = [role === null ? "no role given" : "role ", ...(role === null ? [] : [foreign(role)]), ", last seen "];
  return element("li", {}, [
    element("div", { class: "method-line" }, [
      element("span", { class: "kind" }, [KINDS[kind]]),
      element("span", { class: "address" }, [link(href, value)]),
      copyButton(value),
    ]),
    element("div", { class: "about quiet" }, [
      ...about,
      age(confirmedAt),
      ...(pgpKey === null ? [] : [", key: ", link(pgpKey, pgpKey)]),
    ]),
    // Across, not down: with a dozen contacts they are many.
    element("div", { class: "about quiet" }, [reasons.map(({ message }) => message).join(" · ")]),
  ]);
}

/** @param {string} value */
function copyButton(value) {
  const button = element("button", { type: "button", class: "copy", "aria-label": "Copy this address" }, ["Copy"]);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copying is not allowed";
    }
  });
  return button;
}

/**
 * What is not known, or was left out, and why.
 * @param {ServerRoute} route
 */
function unknowns({ tried, setAside, freshness, methods }) {
  const told = new Set(tried.map(({ code }) => code));
  const doubts = (freshness?.reasons ?? []).filter(({ code }) => !told.has(code));
  const lines = [
    ...tried.map(({ message, at }) => element("li", {}, [message, ...(at === null ? [] : [", since ", age(at)])])),
    ...doubts.map(({ message, since }) =>
      element("li", {}, [message, ...(since === null ? [] : [" (", age(since), ")"])]),
    ),
    ...setAside.map(({ value, reason }) => element("li", {}, ["Set aside: ", foreign(value), `: ${reason.message}`])),
    ...(methods.length === 0
      ? []
      : [element("li", {}, ["Whether anybody reads these addresses cannot be known from here."])]),
  ];
  return [
    element("h3", {}, [methods.length === 0 ? "What is known" : "How far to trust this"]),
    element("ul", { class: "quiet" }, lines),
  ];
}

/** @type {Record<Listing["condition"]["state"], string>} */
const CONDITIONS = {
  document: "with a support document",
  absent: "that it has no support document",
  unusable: "with something that is no support document",
  unreachable: "not at all",
  refused: "is not asked: our rules forbid it",
  unprobed: "was not asked yet",
};

/** @param {Listing} listing */
function facts(listing) {
  const { condition, revision, verdict } = listing;
  const reason = condition.reason === null ? "" : ` (${condition.reason})`;
  const how = `${CONDITIONS[condition.state]}${reason}`;
  /** @type {[string, (Node | string)[]][]} */
  const rows = [
    ["Answers now", [how, ...(condition.since === null ? [] : [", since ", age(condition.since)])]],
    ["Last tried", [age(listing.lastProbedAt)]],
    ["Last confirmed", [age(listing.lastConfirmedAt)]],
    ["Document", revision === null ? ["none is published"] : [`revision ${revision}, `, verdictBadge(verdict)]],
    ...software(listing),
    ...(listing.withdrawnAt === null
      ? []
      : [/** @type {[string, Node[]]} */ (["Taken away", [age(listing.withdrawnAt)]])]),
  ];
  return element(
    "dl",
    {},
    rows.flatMap(([term, text]) => [element("dt", {}, [term]), element("dd", {}, text)]),
  );
}

/**
 * What it runs and whether other homeservers reach it: nothing before the first look.
 * @param {Listing} listing
 * @returns {[string, (Node | string)[]][]}
 */
function software({ software: seen }) {
  if (seen === null) return [];
  /** @type {[string, (Node | string)[]][]} */
  const runs =
    seen.name === null
      ? []
      : [["Software", [foreign(seen.version === null ? seen.name : `${seen.name} ${seen.version}`)]]];
  if (seen.onlineSince !== null) return [...runs, ["Online since", [age(seen.onlineSince)]]];
  const why = seen.reason === null ? "" : ` (${seen.reason})`;
  return [...runs, ["Not online", ["last answered other homeservers: ", age(seen.lastAnsweredAt), why]]];
}

/** @param {Listing["verdict"]} verdict */
function verdictBadge(verdict) {
  return element("span", { class: `badge ${verdict ?? "unknown"}` }, [verdict ?? "not judged"]);
}

/**
 * @param {Listing} listing
 * @returns {Node[]}
 */
function findings({ revision, findings: onDocument, answerFindings }) {
  const none = revision !== null && onDocument.length === 0;
  return [
    ...(none ? [element("p", { class: "quiet" }, ["No findings on its document."])] : []),
    ...findingList(onDocument, "its document"),
    ...findingList(answerFindings, "what it answered instead of a document"),
  ];
}

/**
 * @param {Listing["findings"]} all
 * @param {string} subject
 */
function findingList(all, subject) {
  if (all.length === 0) return [];
  const items = all.map(({ severity, message, hint, path, spec }) =>
    element("li", {}, [
      element("strong", { class: severity }, [severity]),
      " ",
      foreign(message),
      ...(path === "" ? [] : [" ", element("code", {}, [path])]),
      ...(hint === undefined ? [] : [element("div", { class: "quiet" }, [foreign(hint)])]),
      ...(spec === undefined ? [] : [element("div", { class: "quiet" }, [link(spec, spec)])]),
    ]),
  );
  return [
    element("details", {}, [
      element("summary", {}, [`${all.length} ${all.length === 1 ? "finding" : "findings"} on ${subject}`]),
      element("ul", { class: "findings" }, items),
    ]),
  ];
}

/** @param {{ listing: Listing, changes: Change[] }} server */
function history({ listing, changes }) {
  const path = `/v1/servers/${encodeURIComponent(listing.serverName)}`;
  const items = changes.map(({ at, kind }) => element("li", {}, [kind.replaceAll("-", " "), ", ", age(at)]));
  return element("details", {}, [
    element("summary", {}, ["History"]),
    items.length === 0 ? element("p", { class: "quiet" }, ["Nothing has changed yet."]) : element("ul", {}, items),
    element("p", { class: "quiet" }, [
      "All of it: ",
      element("a", { href: `${path}/changes` }, ["changes"]),
      ", ",
      element("a", { href: `${path}/revisions` }, ["revisions"]),
      ", ",
      element("a", { href: `${path}/spans` }, ["availability"]),
      ", ",
      element("a", { href: path }, ["listing"]),
      ".",
    ]),
  ]);
}

/**
 * @param {string} serverName
 * @param {string} label
 * @param {(serverName: string) => Promise<string>} onProbe
 */
function probe(serverName, label, onProbe) {
  const said = element("span", { class: "quiet", role: "status" });
  const button = element("button", { type: "button", class: "copy" }, [label]);
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.replaceChildren("Asking …");
    said.replaceChildren(element("span", {}, [await onProbe(serverName)]));
    button.disabled = false;
  });
  return element("p", { class: "probe" }, [button, said]);
}
