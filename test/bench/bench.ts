/** One measured promise. Everything is a ratio, or a bound on a whole run: single absolute times mean nothing. */
export interface BenchResult {
  readonly name: string;
  readonly rows: readonly BenchRow[];
  /** Numbers behind the rows, for whoever wants to compare runs. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface BenchRow {
  readonly what: string;
  readonly measured: number;
  readonly unit: "x" | "MB" | "s" | "ms" | "MB/s";
  /** The most it may be. Neither this nor a floor: shown for information. */
  readonly budget?: number;
  /** The least it may be. */
  readonly floor?: number;
}

export const isMet = ({ measured, budget, floor }: BenchRow): boolean | undefined => {
  if (budget === undefined && floor === undefined) return undefined;
  return measured <= (budget ?? Number.POSITIVE_INFINITY) && measured >= (floor ?? Number.NEGATIVE_INFINITY);
};

function boundOf({ budget, floor, unit }: BenchRow): string {
  const bounds = [
    budget === undefined ? [] : [`${budget} ${unit}`],
    floor === undefined ? [] : [`at least ${floor} ${unit}`],
  ];
  return bounds.flat().join(", ") || "-";
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("the median of nothing");
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export const least = (values: readonly number[]): number => Math.min(...values);

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The rows of all benches as text, aligned. */
export function table(results: readonly BenchResult[]): string {
  const header = ["bench", "what", "measured", "budget", "met"];
  const lines = results.flatMap(({ name, rows }) =>
    rows.map((row) => {
      const met = isMet(row);
      return [
        name,
        row.what,
        `${row.measured.toFixed(2)} ${row.unit}`,
        boundOf(row),
        met === undefined ? "-" : met ? "yes" : "NO",
      ];
    }),
  );
  const cells = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
