/** What a measured value is held to. */
type Target = { readonly atMost: number } | { readonly atLeast: number };

type Measurement = {
  /** Stable, for programs: `cpu-to-undici`. */
  readonly name: string;
  /** For people: what was measured, in a line. */
  readonly what: string;
  readonly value: number;
  /** `ms`, `MiB`, `/s`; `x` for a ratio. */
  readonly unit: string;
  /** Null for what is only told. */
  readonly target: Target | null;
};

/** Where a bench says what it does and what it found. */
export type Output = {
  /** Tells how far it is, on standard error. */
  progress(line: string): void;
  /** Takes down a measurement; answers whether its target is met, true where it has none. */
  measured(measurement: Measurement): boolean;
};

type Writer = { write(text: string): unknown };

/**
 * An output for one bench. As JSON each measurement is an object on a line of its own, written at once: `{bench, name,
 * value, unit, target, met}`. For people all of them come as one table when `end` is called.
 */
export function createOutput(options: {
  readonly bench: string;
  readonly json: boolean;
  readonly stdout: Writer;
  readonly stderr: Writer;
}): Output & { end(): void } {
  const { bench, json, stdout, stderr } = options;
  const rows: string[][] = [];
  return {
    progress: (line) => void stderr.write(`${bench}: ${line}\n`),
    measured({ name, what, value, unit, target }) {
      const met = target === null || isMet(value, target);
      if (json) {
        stdout.write(`${JSON.stringify({ bench, name, value, unit, target, met: target === null ? null : met })}\n`);
      } else {
        const verdict = target === null ? ["", ""] : [toText(target), met ? "met" : "MISSED"];
        rows.push([what, `${toSignificant(value)} ${unit}`, ...verdict]);
      }
      return met;
    },
    end() {
      if (rows.length > 0) stdout.write(`\n${toTable([[bench, "measured", "target", ""], ...rows])}\n`);
    },
  };
}

function isMet(value: number, target: Target): boolean {
  return "atMost" in target ? value <= target.atMost : value >= target.atLeast;
}

function toText(target: Target): string {
  return "atMost" in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
}

/** Three significant digits, and every digit before the point. */
function toSignificant(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 6) });
}

function toTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
