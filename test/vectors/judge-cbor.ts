import { decode, encode, encodeItem, toValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { refusedInput, type Verdict } from "./verdict.ts";

/** The options that the README of the vectors names. */
export function judgeCbor(bytes: Uint8Array): Verdict {
  const item = decode(bytes, { field: "item", tags: [18], maxDepth: 16 });
  if (!item.ok) return refusedInput(item.error);
  // Through plain values, so that what is compared is what was understood.
  const meaning = { value: bytesToHex(encode(toValue(item.value))) };
  return { verdict: "accept", meaning, rewritten: encodeItem(item.value) };
}
