import { bytesToHex } from "@sumac/crypto";
import { type DescribedLine, envelopeLines, manifestLines } from "@sumac/suit";
import type { OpenedEnvelope } from "./open-envelope.ts";

/** Every described element of an envelope, what it carries included; offsets count from the start of the file. */
export function elementsOf(opened: OpenedEnvelope): readonly DescribedLine[] {
  const { envelope, manifest, members, dependencies } = opened;
  return [
    ...envelopeLines(envelope),
    ...deeper(manifestLines(manifest, members)),
    ...[...dependencies.values()].flatMap((inner) => deeper(elementsOf(inner))),
  ];
}

const deeper = (lines: readonly DescribedLine[]): readonly DescribedLine[] =>
  lines.map((line) => ({ ...line, level: line.level + 1 }));

const bytesPerLine = 16;
/** Of an integrated payload: what lies in the middle of an image tells a person nothing. */
const mostBytesShown = 512;

/**
 * The whole file, each byte once, with what begins there in words; read downwards, the hex column is the file. Bytes that
 * only hold others together (heads of arrays and byte strings) stand alone or with what they begin.
 */
export function annotatedBytes(file: Uint8Array, elements: readonly DescribedLine[]): readonly string[] {
  const starts = new Map<number, DescribedLine[]>();
  const boundaries = new Set([0, file.length]);
  const placed = elements.flatMap((line) => (line.received === undefined ? [] : [{ line, received: line.received }]));
  // Outer elements first where two begin at one byte.
  for (const { line, received } of placed.toSorted((a, b) => b.received.encoded.length - a.received.encoded.length)) {
    const { offset, encoded } = received;
    if (offset < 0 || offset + encoded.length > file.length) continue;
    boundaries.add(offset).add(offset + encoded.length);
    starts.set(offset, [...(starts.get(offset) ?? []), line]);
  }
  const order = [...boundaries].toSorted((a, b) => a - b);
  return order.slice(0, -1).flatMap((start, i) => {
    const words = (starts.get(start) ?? []).map(({ level, text }) => `${"  ".repeat(level)}${text}`);
    return segment(file, start, order[i + 1] ?? file.length, words);
  });
}

function segment(file: Uint8Array, start: number, end: number, words: readonly string[]): readonly string[] {
  const last = words.at(-1);
  const outer = words.slice(0, -1).map((text) => row("", "", text));
  const lines: string[] = [];
  const shownEnd = Math.min(end, start + mostBytesShown);
  for (let at = start; at < shownEnd; at += bytesPerLine) {
    const hex = bytesToHex(file.subarray(at, Math.min(at + bytesPerLine, shownEnd)));
    lines.push(row(String(at), hex, at === start ? (last ?? "") : ""));
  }
  if (shownEnd < end) lines.push(row("", `... ${end - shownEnd} more bytes`, ""));
  return [...outer, ...lines];
}

const row = (offset: string, hex: string, words: string): string =>
  `${offset.padStart(7)}  ${hex.padEnd(bytesPerLine * 2)}  ${words}`.trimEnd();
