import { err, ok, type Result } from "@switchboard/domain";
import type { NamePage, SourceFailure, SourcePages } from "../src/name-page.ts";
import type { ReadFailure, SourceReader } from "../src/source-reader.ts";

type Request = Parameters<SourceReader["readJson"]>[0];

/** A reader that answers as a script says and keeps what it was asked. */
export function scriptReader(
  answers: readonly (unknown | ReadFailure)[],
): SourceReader & { readonly requests: Request[] } {
  const requests: Request[] = [];
  const next = <T>(request: Request): Result<T, ReadFailure> => {
    const answer = answers[requests.length];
    requests.push(request);
    return answer !== null && typeof answer === "object" && "detail" in answer
      ? err(answer as ReadFailure)
      : ok(answer as T);
  };
  return {
    requests,
    readJson: async (request) => next(request),
    async *readLines(request) {
      for (const _ of answers) yield next<readonly string[]>(request);
    },
    findClientUrl: async (hostname) =>
      next({ url: new URL(`https://${hostname}/.well-known/matrix/client`), chosenBy: "server" }),
  };
}

export function refused(status: number, retryAfterMs: number | null = null): ReadFailure {
  return { detail: `https://example.org/ answered ${status}`, status, retryAfterMs };
}

export async function collect(pages: SourcePages): Promise<{ pages: NamePage[]; failure: SourceFailure | null }> {
  const read: NamePage[] = [];
  let failure: SourceFailure | null = null;
  for await (const page of pages) {
    if (page.ok) read.push(page.value);
    else failure = page.error;
  }
  return { pages: read, failure };
}

/** A signal that nobody aborts. */
export const unaborted = new AbortController().signal;
