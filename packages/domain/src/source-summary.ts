/** What reading a source came to, so far or in the end. A name counts once on each page that holds it. */
export type SourceSummary = {
  readonly pages: number;
  /** All that the pages named. The rest are parts of it. */
  readonly heard: number;
  /** New to the directory. */
  readonly added: number;
  readonly known: number;
  /** Left alone, because their operators asked for it. */
  readonly optedOut: number;
  /** Too many new ones for their registered domain or this source today. */
  readonly heldBack: number;
  /** Names that nobody could probe, by the code of the reason. */
  readonly setAside: Readonly<Record<string, number>>;
};
