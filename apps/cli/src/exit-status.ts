/** What a command tells its caller by its exit status. */
export const EXIT = {
  /** Done, and the answer is the good one. */
  ok: 0,
  /** Done, and the answer is not: errors found, some not reached, not in the directory. */
  not: 1,
  /** Not understood: wrong arguments, input that cannot be read. */
  usage: 2,
  /** Understood and could not be done: no database, a port in use. */
  failed: 3,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
