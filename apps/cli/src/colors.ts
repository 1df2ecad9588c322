import type picocolors from "picocolors";

/** Colours where the output is a terminal, plain text elsewhere. */
export type Colors = ReturnType<typeof picocolors.createColors>;
