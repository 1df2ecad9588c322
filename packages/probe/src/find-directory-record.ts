import { type DirectoryRecord, directoryRecordNameOf, type Hostname, parseDirectoryRecords } from "@switchboard/domain";
import type { DnsChannels } from "./dns-channels.ts";

/** A question to DNS that is under way: what a hostname's operator says to directories. */
type DirectoryRecordQuestion = {
  /**
   * Waits for the answer, from now on for no longer than one address family waits for the other. Null where nothing is
   * said, and where nothing is heard in time. Rejects with the signal's reason where it is aborted, and for no other.
   */
  answer(signal: AbortSignal): Promise<DirectoryRecord | null>;
};

/** Asks for the TXT records that speak to directories; of address literals there are none. */
export type DirectoryRecordFinder = (hostname: Hostname) => DirectoryRecordQuestion;

/** Builds a finder on these channels. `graceMs` is how long an answer is waited for when everything else is known. */
export function createDirectoryRecordFinder(channels: DnsChannels, graceMs: number): DirectoryRecordFinder {
  return (hostname) => {
    const name = directoryRecordNameOf(hostname);
    // Whatever is wrong with this look-up, it must not be the end of a probe: most names have no such record.
    const asked =
      name === null
        ? null
        : channels
            .next()
            .resolveTxt(name)
            .then(parseDirectoryRecords, () => null);
    return { answer: (signal) => waitFor(asked, graceMs, signal) };
  };
}

async function waitFor(
  asked: Promise<DirectoryRecord | null> | null,
  graceMs: number,
  signal: AbortSignal,
): Promise<DirectoryRecord | null> {
  signal.throwIfAborted();
  if (asked === null) return null;
  const { promise, resolve, reject } = Promise.withResolvers<DirectoryRecord | null>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  const grace = setTimeout(() => resolve(null), graceMs);
  void asked.then(resolve);
  try {
    return await promise;
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", stop);
  }
}
