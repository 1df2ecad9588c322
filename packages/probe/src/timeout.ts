/** A time-out that is under way; cleared, it never fires. */
export type Timeout = { clear(): void };

/**
 * Calls `expire` when `ms` are over, but not before everything was heard that has arrived until then. Node looks at its
 * timers first and at its sockets after: without that, a busy moment of ours would be told as a server's silence.
 */
export function startTimeout(ms: number, expire: () => void): Timeout {
  let hearing: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    hearing = setImmediate(expire);
  }, ms);
  return {
    clear() {
      clearTimeout(timer);
      clearImmediate(hearing);
    },
  };
}
