import { type CborItem, type CborValue, decodeItem, encode, needLabel, type Result } from "@sumac/cbor";
import { type Crypto, type DigestName, equalBytes } from "@sumac/crypto";
import type { ReceivedBytes } from "./envelope.ts";
import { expectFixedBytes, expectPair } from "./expect-item.ts";
import type { SuitDigest } from "./manifest.ts";
import { digestAlgorithmLabel } from "./manifest-37.ts";
import { attempt, refuseUnsupported, type SuitRefusal } from "./refusal.ts";

const digestLength: Readonly<Record<DigestName, number>> = { "sha-256": 32, "sha-384": 48, "sha-512": 64 };
const digestNames = Object.keys(digestLength) as DigestName[];

/** SUIT_Digest as a value to encode: the bare array, as it stands in a severed slot. */
export const digestValue = (digest: SuitDigest): CborValue => [digestAlgorithmLabel[digest.algorithm], digest.bytes];

/** The encoded SUIT_Digest: the content of the first wrapper element and of an image-digest parameter. */
export const encodeDigest = (digest: SuitDigest): Uint8Array => encode(digestValue(digest));

/** SUIT_Digest without extensions; the length must be that of the algorithm. */
export function readDigest(item: CborItem, field: string): SuitDigest {
  const [algorithmItem, bytes] = expectPair(item, field);
  const label = needLabel(algorithmItem, `${field}.algorithm`);
  const algorithm =
    digestNames.find((name) => digestAlgorithmLabel[name] === label) ??
    refuseUnsupported(`${field}.algorithm`, algorithmItem.offset, label);
  return { algorithm, bytes: expectFixedBytes(bytes, `${field}.bytes`, digestLength[algorithm]) };
}

/** Parses an encoded SUIT_Digest. */
export const parseDigest = (encoded: Uint8Array, field: string): Result<SuitDigest, SuitRefusal> =>
  attempt(() => readDigest(decodeItem(encoded, { field }), field));

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
