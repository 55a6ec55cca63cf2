/**
 * COSE_Sign1 with a detached payload (RFC 9052 4.2), the only signature structure in an envelope. Left out: embedded
 * payloads, external data, critical headers, text algorithm names.
 */
import {
  type CborItem,
  type CborMap,
  type CborValue,
  decode,
  Encoded,
  encode,
  encodeItem,
  err,
  expectArray,
  expectBytes,
  expectInteger,
  expectMap,
  expectTag,
  lookUp,
  type Malformed,
  type MalformedReason,
  malformed,
  ok,
  type Result,
  Tagged,
} from "@sumac/cbor";
import type { Crypto, PublicKey } from "@sumac/crypto";
import { type Algorithm, algorithmById } from "./algorithm.ts";
import { headerLabel, sign1Tag } from "./labels.ts";
import { toBeSigned } from "./to-be-signed.ts";

/** A detached COSE_Sign1 (RFC 9052 4.2) as received. */
export interface Sign1 {
  /** From the protected header only; undefined = the header names none. Whether it is allowed is the key's business. */
  readonly algorithm: number | bigint | undefined;
  /** Label 4, protected or unprotected: a hint for finding the key, nothing more. */
  readonly keyId: Uint8Array | undefined;
  /** The encoded protected header, part of what is signed. */
  readonly protected: Uint8Array;
  /** The encoded unprotected header, kept so that a received block is written again byte for byte. */
  readonly unprotected: Uint8Array;
  /** At least one byte. Its length is judged when it is verified: an unknown algorithm may have any. */
  readonly signature: Uint8Array;
}

/**
 * Reads a tag-18 item that was decoded with `mapOrder: "any"` (COSE headers have no order).
 *
 * Refuses a payload that is not nil (`not-allowed-here`), an empty signature (`wrong-length`), `crit` in either header and
 * an algorithm outside the protected one (`not-allowed-here`), and a label in both headers (`duplicate-key`).
 */
export function parseSign1(item: CborItem, field: string): Result<Sign1, Malformed> {
  const tagged = expectTag(item, sign1Tag, field);
  if (!tagged.ok) return tagged;
  const array = expectArray(tagged.value.item, field);
  if (!array.ok) return array;
  const [protectedItem, unprotectedItem, payload, signatureItem, ...rest] = array.value.items;
  if (!protectedItem || !unprotectedItem || !payload || !signatureItem || rest.length > 0) {
    return refuse("wrong-length", field, array.value);
  }
  const protectedHeader = parseProtected(protectedItem, `${field}.protected`);
  if (!protectedHeader.ok) return protectedHeader;
  const unprotected = parseHeader(unprotectedItem, `${field}.unprotected`);
  if (!unprotected.ok) return unprotected;
  const shared = sharedLabel(protectedHeader.value.map, unprotected.value);
  if (shared !== undefined) return refuse("duplicate-key", `${field}.unprotected`, shared);
  const misplaced = lookUp(unprotected.value, headerLabel.alg);
  if (misplaced !== undefined) return refuse("not-allowed-here", `${field}.unprotected.alg`, misplaced);
  if (payload.kind !== "simple" || payload.value !== null) {
    return refuse("not-allowed-here", `${field}.payload`, payload);
  }
  const signature = expectBytes(signatureItem, `${field}.signature`);
  if (!signature.ok) return signature;
  if (signature.value.value.length === 0) return refuse("wrong-length", `${field}.signature`, signatureItem);
  const keyId = parseKeyId(protectedHeader.value.map, unprotected.value, field);
  if (!keyId.ok) return keyId;
  return ok({
    algorithm: protectedHeader.value.algorithm,
    keyId: keyId.value,
    protected: protectedHeader.value.encoded,
    unprotected: encodeItem(unprotected.value),
    signature: signature.value.value,
  });
}

interface ProtectedHeader {
  readonly algorithm: number | bigint | undefined;
  /** Undefined for the zero-length byte string, which stands for no header at all (RFC 9052 3). */
  readonly map: CborMap | undefined;
  readonly encoded: Uint8Array;
}

/** The protected header begins a new count of levels behind its byte string; COSE's own header values need three. */
const headerDepth = 8;

function parseProtected(item: CborItem, field: string): Result<ProtectedHeader, Malformed> {
  const bytes = expectBytes(item, field);
  if (!bytes.ok) return bytes;
  const encoded = bytes.value.value;
  if (encoded.length === 0) return ok({ algorithm: undefined, map: undefined, encoded });
  const decoded = decode(encoded, {
    field,
    baseOffset: bytes.value.contentOffset,
    mapOrder: "any",
    maxDepth: headerDepth,
  });
  if (!decoded.ok) return decoded;
  const map = parseHeader(decoded.value, field);
  if (!map.ok) return map;
  const alg = lookUp(map.value, headerLabel.alg);
  if (alg === undefined) return ok({ algorithm: undefined, map: map.value, encoded });
  const algorithm = expectInteger(alg, `${field}.alg`);
  return algorithm.ok ? ok({ algorithm: algorithm.value.value, map: map.value, encoded }) : algorithm;
}

/** What holds for both headers: a map, integer and text labels only, nothing critical. */
function parseHeader(item: CborItem, field: string): Result<CborMap, Malformed> {
  const map = expectMap(item, field);
  if (!map.ok) return map;
  for (const { key } of map.value.entries) {
    if (key.kind !== "integer" && key.kind !== "text") return refuse("wrong-type", field, key);
  }
  // Sumac understands no critical header, so to ignore one would be to disobey it (RFC 9052 3.1).
  const crit = lookUp(map.value, headerLabel.crit);
  return crit === undefined ? map : refuse("not-allowed-here", `${field}.crit`, crit);
}

/** RFC 9052 3: a label occurs once, in one of the two headers. Otherwise it could mean one thing signed, another not. */
function sharedLabel(protectedMap: CborMap | undefined, unprotected: CborMap): CborItem | undefined {
  if (protectedMap === undefined) return undefined;
  const labels = new Set(protectedMap.entries.map(({ key }) => label(key)));
  return unprotected.entries.find(({ key }) => labels.has(label(key)))?.key;
}

const label = (key: CborItem): unknown => (key.kind === "integer" || key.kind === "text" ? key.value : undefined);

function parseKeyId(
  protectedMap: CborMap | undefined,
  unprotected: CborMap,
  field: string,
): Result<Uint8Array | undefined, Malformed> {
  const item = (protectedMap && lookUp(protectedMap, headerLabel.kid)) ?? lookUp(unprotected, headerLabel.kid);
  if (item === undefined) return ok(undefined);
  const bytes = expectBytes(item, `${field}.kid`);
  return bytes.ok ? ok(bytes.value.value) : bytes;
}

/**
 * Whether the block is `key`'s signature over the detached `payload`. False unless its protected algorithm is one of the
 * key's scheme; whether a legacy one is acceptable is for the caller to decide before.
 */
export function verifySign1(block: Sign1, key: PublicKey, payload: Uint8Array, crypto: Crypto): boolean {
  if (block.algorithm === undefined || algorithmById(block.algorithm)?.scheme !== key.scheme) return false;
  return crypto.verify(key, toBeSigned(block.protected, payload), block.signature);
}

/** What a signer must use in `toBeSigned` before there is a block. */
export interface SignerHeader {
  readonly algorithm: Algorithm;
  readonly keyId: Uint8Array;
}

/** Protected header {1: alg, 4: kid}: with the key id signed too, no bit of a block can change and still verify. */
export const protectedHeaderFor = ({ algorithm, keyId }: SignerHeader): Uint8Array =>
  encode(
    new Map<CborValue, CborValue>([
      [headerLabel.alg, algorithm.id],
      [headerLabel.kid, keyId],
    ]),
  );

/** A new block: protected {1: alg, 4: kid}, unprotected empty. Throws `RangeError` on a legacy algorithm: those are only read. */
export function buildSign1(parts: SignerHeader & { readonly signature: Uint8Array }): Sign1 {
  const { algorithm, keyId, signature } = parts;
  if (algorithm.status === "legacy") throw new RangeError(`${algorithm.name} is deprecated and never written`);
  if (signature.length === 0) throw new RangeError("a signature has at least one byte");
  return {
    algorithm: algorithm.id,
    keyId,
    protected: protectedHeaderFor(parts),
    unprotected: encode(new Map()),
    signature,
  };
}

/** The tagged structure; for a received block exactly the bytes it had. */
export const serializeSign1 = (sign1: Sign1): Uint8Array =>
  encode(new Tagged(sign1Tag, [sign1.protected, new Encoded(sign1.unprotected), null, sign1.signature]));

const refuse = (reason: MalformedReason, field: string, at: CborItem): Result<never, Malformed> =>
  err(malformed(reason, field, at.offset));
