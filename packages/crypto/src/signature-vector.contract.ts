import type { PublicKey } from "./crypto.ts";
import { hexToBytes } from "./index.ts";

export interface SignatureVector {
  readonly name: string;
  readonly key: PublicKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** What an implementation must say about one scheme; the first of `accepted` is also the base of common forgeries. */
export interface SchemeVectors {
  readonly accepted: readonly [SignatureVector, SignatureVector, ...SignatureVector[]];
  /** Everything of its own that `verify` must answer with false, and must not throw on. */
  readonly forged: readonly SignatureVector[];
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const hex = (value: string): Uint8Array => hexToBytes(value.replaceAll(/\s/g, ""));

export const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export const flipped = (bytes: Uint8Array, at: number, mask: number): Uint8Array =>
  bytes.with(at, (bytes[at] ?? 0) ^ mask);
