import { type CborItem, type CborValue, encode, type Result } from "@sumac/cbor";
import { type Crypto, type DigestName, equalBytes } from "@sumac/crypto";
import type { ReceivedBytes } from "./envelope.ts";
import { expectArray, expectFixedBytes, expectLabel } from "./expect-item.ts";
import { digestAlgorithmLabel, nameOf } from "./labels.ts";
import { decodeLayer, scopeAt } from "./layer.ts";
import { defaultLimits } from "./limits.ts";
import type { SuitDigest } from "./manifest.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "./refusal.ts";

const digestLength: Readonly<Record<DigestName, number>> = { "sha-256": 32, "sha-384": 48, "sha-512": 64 };

/** SUIT_Digest as a value to encode: the bare array, as it stands in a severed slot. */
export const digestValue = (digest: SuitDigest): CborValue => [digestAlgorithmLabel[digest.algorithm], digest.bytes];

/** The encoded SUIT_Digest: the content of the first wrapper element and of an image-digest parameter. */
export const encodeDigest = (digest: SuitDigest): Uint8Array => encode(digestValue(digest));

/** SUIT_Digest without extensions; the length must be that of the algorithm. */
export function readDigest(item: CborItem, field: string): SuitDigest {
  const { items, offset } = expectArray(item, field);
  const [algorithmItem, bytesItem] = items;
  if (items.length !== 2 || algorithmItem === undefined || bytesItem === undefined) {
    refuseMalformed("wrong-length", field, offset);
  }
  const label = expectLabel(algorithmItem, `${field}.algorithm`);
  const algorithm = nameOf(digestAlgorithmLabel, label);
  if (algorithm === undefined) {
    refuse({ code: "unsupported", field: `${field}.algorithm`, offset: algorithmItem.offset, label });
  }
  return { algorithm, bytes: expectFixedBytes(bytesItem, `${field}.bytes`, digestLength[algorithm]) };
}

/** Parses an encoded SUIT_Digest. */
export function parseDigest(encoded: Uint8Array, field: string): Result<SuitDigest, SuitRefusal> {
  return attempt(() => readDigest(decodeLayer(encoded, 0, field, scopeAt(defaultLimits, 0)), field));
}

export function digestOf(crypto: Crypto, algorithm: DigestName, bytes: Uint8Array): SuitDigest {
  const running = crypto.startDigest(algorithm);
  running.update(bytes);
  return { algorithm, bytes: running.digest() };
}

export const digestEquals = (a: SuitDigest, b: SuitDigest): boolean =>
  a.algorithm === b.algorithm && equalBytes(a.bytes, b.bytes);

/** The digest of a manifest or of a severed member: H(byte-string head + content), draft-37 and suit.md 3. */
export const manifestDigest = (received: ReceivedBytes, algorithm: DigestName, crypto: Crypto): SuitDigest =>
  digestOf(crypto, algorithm, received.encoded);

/** Content that was just made, in the form that `manifestDigest` and the parsers take. Offsets count from its head. */
export function encloseBytes(content: Uint8Array): ReceivedBytes {
  const encoded = encode(content);
  return { encoded, content, contentOffset: encoded.length - content.length };
}
