import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { a128gcm, a128kw, a256kw, ecdhEsA128kw } from "./encryption-algorithm.ts";
import { ephemeralKeyValue } from "./ephemeral-key.ts";
import { encryptTag, headerLabel } from "./labels.ts";

/** A recipient to be written. `wrappedKey` says by its key's length which AES-KW it was. */
export type RecipientInput =
  | {
      readonly kind: "key-encryption";
      readonly keyId: Uint8Array;
      readonly keyLength: 16 | 32;
      readonly wrappedKey: Uint8Array;
    }
  | {
      readonly kind: "agreement";
      readonly keyId: Uint8Array;
      readonly ephemeralPoint: Uint8Array;
      readonly wrappedKey: Uint8Array;
    };

const onlyAlgorithm = (id: number): Uint8Array => encode(new Map([[headerLabel.alg, id]]));

/** The protected header of a payload that Sumac encrypts: {1: A128GCM}. */
export const contentHeader: Uint8Array = /* @__PURE__ */ onlyAlgorithm(a128gcm.id);

/** The protected header of a recipient that agrees on its key: {1: ECDH-ES+A128KW}. */
export const agreementHeader: Uint8Array = /* @__PURE__ */ onlyAlgorithm(ecdhEsA128kw.id);

/** COSE_Encrypt around a detached A128GCM ciphertext, deterministic. Throws `RangeError` without a recipient. */
export function serializeEncrypt(iv: Uint8Array, recipients: readonly RecipientInput[]): Uint8Array {
  if (recipients.length === 0) throw new RangeError("what is encrypted has at least one recipient");
  const unprotected = new Map([[headerLabel.iv, iv]]);
  return encode(new Tagged(encryptTag, [contentHeader, unprotected, null, recipients.map(recipientValue)]));
}

function recipientValue(recipient: RecipientInput): CborValue {
  const { keyId, wrappedKey } = recipient;
  if (recipient.kind === "agreement") {
    const unprotected = new Map<CborValue, CborValue>([
      [headerLabel.kid, keyId],
      [headerLabel.ephemeralKey, ephemeralKeyValue(recipient.ephemeralPoint)],
    ]);
    return [agreementHeader, unprotected, wrappedKey];
  }
  const { id } = recipient.keyLength === 16 ? a128kw : a256kw;
  const unprotected = new Map<CborValue, CborValue>([
    [headerLabel.alg, id],
    [headerLabel.kid, keyId],
  ]);
  return [new Uint8Array(), unprotected, wrappedKey];
}
