import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";

/** An encoded SUIT_Digest over nothing in particular. */
export const digestElement: Uint8Array = encode([-16, new Uint8Array(32).fill(0xdd)]);

/** The content of a byte string that holds a command sequence, right or wrong. */
export const commands = (...items: readonly CborValue[]): Uint8Array => encode([...items]);

export const map = (entries: readonly (readonly [CborValue, CborValue])[]): ReadonlyMap<CborValue, CborValue> =>
  new Map(entries);

type Members = Readonly<Record<number, CborValue | undefined>>;

function merge(base: Members, changes: Members): ReadonlyMap<CborValue, CborValue> {
  const merged: [CborValue, CborValue][] = [];
  for (const [label, value] of Object.entries({ ...base, ...changes })) {
    if (value !== undefined) merged.push([Number(label), value]);
  }
  return new Map(merged);
}

/** The content of `common`: one component "a", and a shared sequence with the vendor condition. */
export const craftCommon = (changes: Members = {}): Uint8Array =>
  encode(merge({ 2: [[Uint8Array.of(0x61)]], 4: commands(1, 15) }, changes));

/** A manifest that parses, with members replaced, added or (undefined) left out. */
export const craftManifest = (changes: Members = {}): Uint8Array =>
  encode(merge({ 1: 1, 2: 7, 3: craftCommon(), 7: commands(3, 15) }, changes));

/** An unsigned envelope that parses, with members replaced, added or (undefined) left out. */
export const craftEnvelope = (
  changes: Members = {},
  payloads: readonly (readonly [string, CborValue])[] = [],
): Uint8Array =>
  encode(
    new Tagged(
      107,
      new Map<CborValue, CborValue>([
        ...merge({ 2: encode([digestElement]), 3: craftManifest() }, changes),
        ...payloads,
      ]),
    ),
  );

/**
 * Where `pattern` (hex) stands in the file, which must have it exactly once; a "|" in it marks the byte that is meant.
 * So a row of a table shows the bytes that a refusal has to name.
 */
export function offsetOf(file: Uint8Array, pattern: string): number {
  const [before = "", after = ""] = pattern.includes("|") ? pattern.split("|") : ["", pattern];
  const text = bytesToHex(file);
  const found: number[] = [];
  for (let at = 0; at < text.length; at += 2) if (text.startsWith(before + after, at)) found.push(at / 2);
  if (found.length !== 1) throw new Error(`${pattern} stands ${found.length} times in ${text}`);
  return (found[0] as number) + before.length / 2;
}
