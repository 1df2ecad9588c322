import type { Stats } from "@switchboard/store";

/** How far the directory is, on one line. */
export function formatProgress({ hostnames, unprobed, outcomes, due }: Stats): string {
  const { document, absent, unusable, unreachable, refused } = outcomes;
  const parts = [
    `${document} publish contacts`,
    `${absent} do not`,
    ...(unusable === 0 ? [] : [`${unusable} answer something else`]),
    ...(unreachable === 0 ? [] : [`${unreachable} not reached`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
  ];
  const waiting = due === 0 ? "" : `; ${due} due`;
  return `${hostnames - unprobed} of ${hostnames} servers probed: ${parts.join(", ")}${waiting}`;
}

/** Whether nobody was heard yet: nothing is recorded, because the worker takes it for an outage of its own, or no name was resolved. */
export function isNobodyHeard({ hostnames, unprobed, reasons }: Stats): boolean {
  const unresolved = reasons
    .filter(({ kind, reason }) => kind === "unreachable" && reason.startsWith("dns-"))
    .reduce((sum, { count }) => sum + count, 0);
  return hostnames > 0 && unprobed + unresolved === hostnames;
}
