export type Severity = "error" | "warning" | "info";

/** One coded, located remark on a document or its delivery. The catalogue of codes is `finding-catalogue.ts`. */
export type Finding = {
  readonly code: string;
  readonly severity: Severity;
  /** JSON pointer (RFC 6901) into the document; the empty string is the whole of it. */
  readonly path: string;
  /** What is wrong, naming the value. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Where it is written. */
  readonly spec?: string;
};

/** `valid`: no error. `usable`: errors, yet at least one contact method or the support page can be used. */
export type Verdict = "valid" | "usable" | "unusable";
