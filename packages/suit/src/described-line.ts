import { bytesToHex } from "@sumac/crypto";
import type { CommandSequence } from "./manifest.ts";

/** One fact about a file, in plain words, and the bytes that say it (none for what follows from their absence). */
export interface DescribedLine {
  readonly text: string;
  /** How far it is indented below the lines that it belongs to. */
  readonly level: number;
  readonly received?: ReceivedAt;
}

/** Bytes as they stood, and where, counted from the start of the outermost file. */
export interface ReceivedAt {
  readonly offset: number;
  readonly encoded: Uint8Array;
}

export interface DescribeOptions {
  /** `shown`: before each line the offset, the length and the first bytes of what it describes. */
  readonly offsets: "shown" | "hidden";
}

export const line = (text: string, received?: ReceivedAt): DescribedLine => ({
  text,
  level: 0,
  ...(received && { received: { offset: received.offset, encoded: received.encoded } }),
});

export const indent = (lines: readonly DescribedLine[]): readonly DescribedLine[] =>
  lines.map((one) => ({ ...one, level: one.level + 1 }));

/** The bytes of each command, code and argument: a sequence is one flat array, so each ends where the next begins. */
export const commandSpans = ({ commands, encoded, offset: start }: CommandSequence): readonly ReceivedAt[] =>
  commands.map(({ offset }, i) => ({
    offset,
    encoded: encoded.subarray(offset - start, (commands[i + 1]?.offset ?? start + encoded.length) - start),
  }));

/** Two spaces a level. */
export function renderLines(
  lines: readonly DescribedLine[],
  { offsets }: DescribeOptions = { offsets: "hidden" },
): readonly string[] {
  return lines.map(({ text, level, received }) => {
    const words = `${"  ".repeat(level)}${text}`;
    return offsets === "shown" ? `${originColumn(received)}${words}` : words;
  });
}

/** As many as an offset column may have before it crowds out the words. */
const bytesShown = 6;
const columnWidth = "65536 +65536  ".length + 2 * bytesShown + "..  ".length;

function originColumn(received: ReceivedAt | undefined): string {
  if (received === undefined) return " ".repeat(columnWidth);
  const { offset, encoded } = received;
  const start = `${String(offset).padStart(5)} +${String(encoded.length).padEnd(5)}  `;
  const cut = encoded.length > bytesShown ? ".." : "";
  return `${start}${bytesToHex(encoded.subarray(0, bytesShown))}${cut}`.padEnd(columnWidth);
}
