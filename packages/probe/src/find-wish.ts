import { hostnameOf, parseServerName, type ServerKey, serverKeyOf, withoutRootDot } from "@switchboard/domain";
import type { DirectoryRecordFinder } from "./find-directory-record.ts";

/** A question that is under way: whether the operator of a host asks to be left alone. */
type WishQuestion = {
  /** Rejects with the signal's reason where it is aborted, and where the directory could not be asked. */
  answer(signal: AbortSignal): Promise<boolean>;
};

/**
 * Asks whether the operator of a host, to which another server leads, asks to be left alone. Of the server itself this is
 * asked elsewhere: the directory lends no opted-out name, and its DNS says what becomes of its probe.
 */
export type WishFinder = (host: string) => WishQuestion;

/** Builds a finder that knows what the directory knows, and asks DNS. */
export function createWishFinder(
  askForRecord: DirectoryRecordFinder,
  hasOptedOut: (name: ServerKey) => Promise<boolean>,
): WishFinder {
  return (host) => {
    const parsed = parseServerName(host);
    // No server is called so: nobody can have opted out.
    if (!parsed.ok) return { answer: async () => false };
    const name = withoutRootDot(parsed.value);
    const known = hasOptedOut(serverKeyOf(name));
    // Met where the answer is waited for, which may be after another failure.
    known.catch(() => {});
    const question = askForRecord(hostnameOf(name));
    return { answer: async (signal) => (await known) || (await question.answer(signal))?.kind === "not-listed" };
  };
}
