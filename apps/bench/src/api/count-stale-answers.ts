import { type Hostname, hostnameOf, type ServerKey } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { toServerName } from "@switchboard/testkit";
import { publishPage } from "./fill-directory.ts";
import { type LoadOptions, runLoad, type Target } from "./load.ts";

export type StaleAnswers = { readonly writes: number; readonly stale: number };

/**
 * Under full load, writes to one server after another, and asks for its listing as soon as the write is committed: an
 * answer without what was written is stale. Half of the questions are asked with the tag from before the write.
 */
export async function countStaleAnswers(options: {
  readonly store: Store;
  readonly target: Target & { readonly tags: null };
  readonly load: LoadOptions;
}): Promise<StaleAnswers> {
  const { store, target, load } = options;
  let writes = 0;
  let stale = 0;
  let loaded = true;
  const loading = runLoad(target, load).finally(() => {
    loaded = false;
  });
  while (loaded) {
    const name = load.names[writes % load.names.length];
    if (name === undefined) break;
    const before = await askForPage(target.origin, name, null);
    const page = `https://example.org/support/${writes}`;
    await publishPage(store, toHostname(name), page);
    const after = await askForPage(target.origin, name, writes % 2 === 0 ? before.tag : null);
    writes += 1;
    if (after.page !== page) stale += 1;
  }
  await loading;
  return { writes, stale };
}

async function askForPage(origin: string, name: ServerKey, tag: string | null) {
  const response = await fetch(`${origin}/v1/servers/${name}`, {
    headers: tag === null ? {} : { "if-none-match": tag },
  });
  const text = await response.text();
  // A 304 has no body, and so no page: it says that the client's is still true.
  const page: unknown = response.status === 200 ? JSON.parse(text).supportPage : null;
  return { page, tag: response.headers.get("etag") };
}

function toHostname(name: ServerKey): Hostname {
  return hostnameOf(toServerName(name));
}
