/**
 * COSE_Encrypt with a detached ciphertext (RFC 9052 5.1), in the two forms of draft-ietf-suit-firmware-encryption:
 * AES-KW and ECDH-ES+A128KW recipients, one level, around AES-GCM or AES-CTR.
 */
import { attempt, type CborItem, encodeItem, need, needTag, type Result, refuseMalformed } from "@sumac/cbor";
import { cipherShapes } from "@sumac/crypto";
import { readAlgorithm, readLabels, readProtected } from "./encrypt-headers.ts";
import type { EncryptRefusal } from "./encrypt-refusal.ts";
import {
  type ContentAlgorithm,
  contentAlgorithms,
  type KeyDistribution,
  keyDistributions,
} from "./encryption-algorithm.ts";
import { readEphemeralKey } from "./ephemeral-key.ts";
import { encryptTag, headerLabel } from "./labels.ts";

/** How a payload is encrypted, and the content key for each recipient. */
export interface Encrypt {
  readonly algorithm: ContentAlgorithm;
  readonly iv: Uint8Array;
  /** The encoded protected header; the tag of an AEAD covers it. Zero bytes for AES-CTR. */
  readonly protected: Uint8Array;
  readonly recipients: readonly EncryptRecipient[];
  /** The whole structure with its tag, as received. */
  readonly encoded: Uint8Array;
}

export type EncryptRecipient = RecipientFacts &
  (
    | { readonly kind: "key-encryption" }
    /** `ephemeralPoint`: 65 bytes, a point of P-256. */
    | { readonly kind: "agreement"; readonly ephemeralPoint: Uint8Array }
  );

interface RecipientFacts {
  readonly distribution: KeyDistribution;
  /** Absent = any key of the kind may be meant. */
  readonly keyId?: Uint8Array;
  /** The encoded protected header; key derivation covers it. */
  readonly protected: Uint8Array;
  /** The content key, wrapped: 8 bytes longer than it. */
  readonly wrappedKey: Uint8Array;
}

/**
 * Reads a tag-96 item that was decoded with `mapOrder: "any"`: the published ES-DH recipients have -1 before 4.
 *
 * Refuses an embedded ciphertext, an AEAD algorithm outside the protected header and any other one inside it, an
 * ephemeral key beside key wrapping (all `not-allowed-here`), an IV or wrapped key of another length than the algorithm
 * takes (`wrong-length`), recipients of recipients (`wrong-length`), and as `unsupported` every algorithm and label that
 * is not known, in any of the recipients.
 */
export const parseEncrypt = (item: CborItem, field: string): Result<Encrypt, EncryptRefusal> =>
  attempt<Encrypt, EncryptRefusal>(() => readEncrypt(item, field));

function readEncrypt(tagged: CborItem, field: string): Encrypt {
  const { item } = needTag(tagged, encryptTag, field);
  const { items } = need(item, "array", field);
  const [protectedItem, unprotectedItem, ciphertext, recipientsItem, ...rest] = items;
  if (!protectedItem || !unprotectedItem || !ciphertext || !recipientsItem || rest.length > 0) {
    return refuseMalformed("wrong-length", field, item.offset);
  }
  const protectedHeader = readProtected(protectedItem, `${field}.protected`);
  const unprotected = readLabels(unprotectedItem, `${field}.unprotected`, {
    alg: headerLabel.alg,
    iv: headerLabel.iv,
  });
  const algorithm = readAlgorithm(protectedHeader, unprotected.get("alg"), contentAlgorithms, field, item);
  const { ivLength, keyLength, tagLength } = cipherShapes[algorithm.row.cipher];
  // RFC 9052 5.3 and RFC 9459 4: what authenticates has its algorithm authenticated, what does not has nothing to do it with.
  const place = tagLength > 0 ? "protected" : "unprotected";
  if (algorithm.in !== place) refuseMalformed("not-allowed-here", `${field}.${algorithm.in}.alg`, algorithm.offset);
  const iv = readBytes(unprotected.get("iv"), ivLength, `${field}.unprotected.iv`, unprotectedItem);
  if (ciphertext.kind !== "simple" || ciphertext.value !== null) {
    refuseMalformed("not-allowed-here", `${field}.ciphertext`, ciphertext.offset);
  }
  const recipients = need(recipientsItem, "array", `${field}.recipients`).items;
  if (recipients.length === 0) refuseMalformed("wrong-length", `${field}.recipients`, recipientsItem.offset);
  return {
    algorithm: algorithm.row,
    iv,
    protected: protectedHeader.encoded,
    recipients: recipients.map((recipient, i) => readRecipient(recipient, keyLength + 8, `${field}.recipients.${i}`)),
    encoded: encodeItem(tagged),
  };
}

function readRecipient(item: CborItem, wrappedLength: number, field: string): EncryptRecipient {
  const [protectedItem, unprotectedItem, wrapped, ...rest] = need(item, "array", field).items;
  if (!protectedItem || !unprotectedItem || !wrapped || rest.length > 0) {
    return refuseMalformed("wrong-length", field, item.offset);
  }
  const protectedHeader = readProtected(protectedItem, `${field}.protected`);
  const unprotected = readLabels(unprotectedItem, `${field}.unprotected`, {
    alg: headerLabel.alg,
    kid: headerLabel.kid,
    "ephemeral-key": headerLabel.ephemeralKey,
  });
  const algorithm = readAlgorithm(protectedHeader, unprotected.get("alg"), keyDistributions, field, item);
  const { kind } = algorithm.row;
  const place = kind === "agreement" ? "protected" : "unprotected";
  if (algorithm.in !== place) refuseMalformed("not-allowed-here", `${field}.${algorithm.in}.alg`, algorithm.offset);
  const kid = unprotected.get("kid");
  const keyId = kid && need(kid, "bytes", `${field}.unprotected.kid`).value;
  const facts: RecipientFacts = {
    distribution: algorithm.row,
    ...(keyId !== undefined && { keyId }),
    protected: protectedHeader.encoded,
    wrappedKey: readBytes(wrapped, wrappedLength, `${field}.wrapped-key`, item),
  };
  const ephemeral = unprotected.get("ephemeral-key");
  const ephemeralField = `${field}.unprotected.ephemeral-key`;
  if (kind === "key-encryption") {
    if (ephemeral !== undefined) refuseMalformed("not-allowed-here", ephemeralField, ephemeral.offset);
    return { kind, ...facts };
  }
  if (ephemeral === undefined) return refuseMalformed("missing", ephemeralField, unprotectedItem.offset);
  return { kind, ...facts, ephemeralPoint: readEphemeralKey(ephemeral, ephemeralField) };
}

function readBytes(item: CborItem | undefined, length: number, field: string, around: CborItem): Uint8Array {
  if (item === undefined) return refuseMalformed("missing", field, around.offset);
  const { value } = need(item, "bytes", field);
  return value.length === length ? value : refuseMalformed("wrong-length", field, item.offset);
}
