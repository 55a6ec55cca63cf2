import { parsePublicKeyDer } from "@sumac/cose";
import { bytesToHex, concatBytes, hexToBytes, type PublicKey, type SignatureScheme, schemeForms } from "@sumac/crypto";

/**
 * CKA_EC_PARAMS by content: the curve as an object identifier, or the printable name that PKCS#11 3.0 took from RFC 8032
 * (`edwards25519`).
 */
const curves: ReadonlyMap<string, SignatureScheme> = new Map([
  ["06032b6570", "ed25519"],
  ["130c656477617264733235353139", "ed25519"],
  ["06082a8648ce3d030107", "ecdsa-p256-sha256"],
]);

/**
 * The public key of an EC key object. CKA_EC_POINT is an OCTET STRING around the point; some modules give the bare
 * point. Undefined for another curve, a point of another length, or a key that proves nothing.
 */
export function keyFromPoint(params: Uint8Array, point: Uint8Array): PublicKey | undefined {
  const scheme = curves.get(bytesToHex(params));
  if (scheme === undefined) return undefined;
  const { keyLength, spkiPrefix } = schemeForms[scheme];
  const isWrapped = point.length === keyLength + 2 && point[0] === 0x04 && point[1] === keyLength;
  const bare = isWrapped ? point.subarray(2) : point;
  if (bare.length !== keyLength) return undefined;
  const parsed = parsePublicKeyDer(concatBytes(hexToBytes(spkiPrefix), bare));
  return parsed.ok ? parsed.value : undefined;
}
