import type { ServerKey } from "@switchboard/domain";

export type OptOuts = {
  /**
   * Honours an operator's wish for the whole hostname of this name: deletes revisions and contacts, blanks the details of
   * changes, stops probing. Only the fact stays (DESIGN, "The one path that matters").
   */
  optOut(name: ServerKey): Promise<"opted-out" | "unknown-name">;
};
