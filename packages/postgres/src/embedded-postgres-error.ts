export type EmbeddedPostgresProblem =
  | "folder-in-use"
  | "not-permitted"
  | "platform-without-binaries"
  | "binaries-incomplete"
  | "folder-damaged"
  | "start-failed"
  | "stop-failed";

/** Why the embedded server cannot be had. The message is for people: it names the folder or file and says what to do. */
export class EmbeddedPostgresError extends Error {
  readonly problem: EmbeddedPostgresProblem;

  constructor(problem: EmbeddedPostgresProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EmbeddedPostgresError";
    this.problem = problem;
  }
}
