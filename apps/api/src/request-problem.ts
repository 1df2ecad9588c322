import type { ProblemOccurrence } from "@switchboard/contract";

/** Thrown where a request cannot be answered as asked: it becomes the problem's row, told to the client and to nobody else. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  readonly occurrence: ProblemOccurrence;

  constructor(occurrence: ProblemOccurrence) {
    super(occurrence.slug);
    this.occurrence = occurrence;
  }
}
