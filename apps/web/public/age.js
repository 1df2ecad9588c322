import { element } from "./elements.js";

const UNITS = /** @type {const} */ ([
  ["year", 365 * 86_400_000],
  ["month", 30 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
]);

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * A moment as its age, with the moment itself to be read on the element; "never" where there is none.
 * @param {string | null} instant
 */
export function age(instant) {
  if (instant === null) return element("span", {}, ["never"]);
  return element("time", { datetime: instant, title: instant }, [describeAge(Date.parse(instant) - Date.now())]);
}

/** @param {number} fromNowMs negative in the past */
function describeAge(fromNowMs) {
  const unit = UNITS.find(([, lengthMs]) => Math.abs(fromNowMs) >= lengthMs);
  return unit === undefined ? "just now" : words.format(Math.round(fromNowMs / unit[1]), unit[0]);
}
