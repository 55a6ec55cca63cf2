/**
 * COSE_Sign1 with a detached payload (RFC 9052 4.2), the only signature structure in an envelope. Left out: embedded
 * payloads, external data, critical headers, text algorithm names.
 */
import {
  attempt,
  type CborBytes,
  type CborItem,
  type CborMap,
  type CborValue,
  decodeItem,
  Encoded,
  encode,
  lookUp,
  type Malformed,
  need,
  needTag,
  type Result,
  received,
  refuseMalformed,
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
export const parseSign1 = (item: CborItem, field: string): Result<Sign1, Malformed> =>
  attempt(() => readSign1(item, field));

/** The protected header begins a new count of levels behind its byte string; COSE's own header values need three. */
const headerDepth = 8;

/** `parseSign1` for parsers that run inside `attempt`. `maxHeaderItems`: data items in the protected header. */
export function readSign1(item: CborItem, field: string, maxHeaderItems?: number): Sign1 {
  const array = need(needTag(item, sign1Tag, field).item, "array", field);
  const [protectedItem, unprotectedItem, payload, signatureItem, ...rest] = array.items;
  if (!protectedItem || !unprotectedItem || !payload || !signatureItem || rest.length > 0) {
    return refuseMalformed("wrong-length", field, array.offset);
  }
  const protectedBytes = need(protectedItem, "bytes", `${field}.protected`);
  const signed = readProtected(protectedBytes, `${field}.protected`, maxHeaderItems);
  const algorithm = signed && lookUp(signed, headerLabel.alg);
  if (algorithm !== undefined) need(algorithm, "integer", `${field}.protected.alg`);
  const unprotected = readHeader(unprotectedItem, `${field}.unprotected`);
  // RFC 9052 3: a label occurs once, in one of the two headers. Otherwise it could mean one thing signed, another not.
  const labels = new Set(signed?.entries.map(({ key }) => labelOf(key)));
  const shared = unprotected.entries.find(({ key }) => labels.has(labelOf(key)));
  if (shared !== undefined) refuseMalformed("duplicate-key", `${field}.unprotected`, shared.key.offset);
  const misplaced = lookUp(unprotected, headerLabel.alg);
  if (misplaced !== undefined) refuseMalformed("not-allowed-here", `${field}.unprotected.alg`, misplaced.offset);
  if (payload.kind !== "simple" || payload.value !== null) {
    refuseMalformed("not-allowed-here", `${field}.payload`, payload.offset);
  }
  const signature = need(signatureItem, "bytes", `${field}.signature`);
  if (signature.value.length === 0) refuseMalformed("wrong-length", `${field}.signature`, signature.offset);
  const keyId = (signed && lookUp(signed, headerLabel.kid)) ?? lookUp(unprotected, headerLabel.kid);
  return {
    algorithm: algorithm?.kind === "integer" ? algorithm.value : undefined,
    keyId: keyId && need(keyId, "bytes", `${field}.kid`).value,
    protected: protectedBytes.value,
    unprotected: received(protectedBytes, unprotected.offset, unprotected.end),
    signature: signature.value,
  };
}

/** Undefined for the zero-length byte string, which stands for no header at all (RFC 9052 3). */
function readProtected(
  { value, contentOffset: baseOffset }: CborBytes,
  field: string,
  maxItems = Number.POSITIVE_INFINITY,
): CborMap | undefined {
  if (value.length === 0) return undefined;
  const options = { field, baseOffset, mapOrder: "any", maxDepth: headerDepth, maxItems } as const;
  return readHeader(decodeItem(value, options), field);
}

/** What holds for both headers: a map, integer and text labels only, nothing critical. */
function readHeader(item: CborItem, field: string): CborMap {
  const map = need(item, "map", field);
  for (const { key } of map.entries) {
    if (key.kind !== "integer" && key.kind !== "text") refuseMalformed("wrong-type", field, key.offset);
  }
  // Sumac understands no critical header, so to ignore one would be to disobey it (RFC 9052 3.1).
  const crit = lookUp(map, headerLabel.crit);
  return crit === undefined ? map : refuseMalformed("not-allowed-here", `${field}.crit`, crit.offset);
}

const labelOf = (key: CborItem): unknown => (key.kind === "integer" || key.kind === "text" ? key.value : undefined);

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
