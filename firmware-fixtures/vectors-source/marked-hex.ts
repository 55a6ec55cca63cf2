import { bytesToHex, hexToBytes } from "@sumac/crypto";

/** Hex digits in groups, with an optional `|` in front of the byte that is meant. */
export interface MarkedHex {
  readonly bytes: Uint8Array;
  /** Undefined without a `|`. */
  readonly mark: number | undefined;
}

export function markedHex(text: string): MarkedHex {
  const [before = "", after, ...more] = text.replaceAll(/\s/g, "").split("|");
  if (more.length > 0) throw new RangeError(`more than one mark in ${text}`);
  if (before.length % 2 !== 0) throw new RangeError(`the mark in ${text} splits a byte`);
  return { bytes: hexToBytes(before + (after ?? "")), mark: after === undefined ? undefined : before.length / 2 };
}

/**
 * The offset of the marked byte of `pattern` in `file`, which must contain the pattern exactly once. So a table of
 * vectors shows the bytes that a refusal has to name, and the number follows from the file.
 */
export function offsetIn(file: Uint8Array, pattern: string): number {
  const { bytes, mark } = markedHex(pattern);
  return onlyPosition(file, bytes) + (mark ?? 0);
}

/** `file` with the only occurrence of `from` replaced; both are hex. */
export function replaceIn(file: Uint8Array, from: string, to: string): Uint8Array {
  const { bytes } = markedHex(from);
  const at = onlyPosition(file, bytes);
  return Uint8Array.of(...file.subarray(0, at), ...markedHex(to).bytes, ...file.subarray(at + bytes.length));
}

function onlyPosition(file: Uint8Array, pattern: Uint8Array): number {
  const [text, wanted] = [bytesToHex(file), bytesToHex(pattern)];
  const found: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) if (at % 2 === 0) found.push(at / 2);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new RangeError(`${wanted} stands ${found.length} times in ${text}`);
  return only;
}
