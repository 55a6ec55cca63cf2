import { err, ok, type Result } from "@sumac/cbor";
import {
  agreedKey,
  agreementHeader,
  contentHeader,
  encryptedData,
  type RecipientInput,
  serializeEncrypt,
} from "@sumac/cose";
import { bytesToHex, cipherShapes, concatBytes, type Encryption, type PublicKey } from "@sumac/crypto";

/** Who can read a payload. Key ids are free, but one for each recipient: the device looks for its own. */
export type PayloadRecipient =
  /** A secret of 16 or 32 bytes shared with one device. With one a product family, whoever opens one unit reads for all. */
  | { readonly kind: "key-encryption"; readonly keyId: Uint8Array; readonly secret: Uint8Array }
  /** A P-256 public key; the private half never leaves the device. */
  | { readonly kind: "agreement"; readonly keyId: Uint8Array; readonly publicKey: PublicKey };

export interface EncryptedPayload {
  /** What is published and fetched, 16 bytes longer than the image. It differs each time. */
  readonly ciphertext: Uint8Array;
  /** The content of the manifest's encryption-info parameter. */
  readonly encryptionInfo: Uint8Array;
}

export type EncryptPayloadRefusal =
  | { readonly code: "image-empty" }
  | { readonly code: "recipients-missing" }
  | { readonly code: "recipient-duplicate"; readonly keyId: string }
  | {
      readonly code: "recipient-key-unusable";
      readonly keyId: string;
      readonly fault: "secret-length" | "not-p256";
    };

/**
 * Encrypts an image for its recipients (draft-ietf-suit-firmware-encryption, 62443-4-2 FR 4): A128GCM under a content
 * key made for this image alone, wrapped for each of them by AES-KW or ECDH-ES+A128KW. The manifest still signs digest
 * and size of the image itself; encryption hides it, it does not vouch for it.
 */
export function encryptPayload(
  image: Uint8Array,
  recipients: readonly PayloadRecipient[],
  encryption: Encryption,
): Result<EncryptedPayload, EncryptPayloadRefusal> {
  if (image.length === 0) return err({ code: "image-empty" });
  if (recipients.length === 0) return err({ code: "recipients-missing" });
  const { keyLength, ivLength } = cipherShapes["aes-128-gcm"];
  const contentKey = encryption.randomBytes(keyLength);
  const wrapped: RecipientInput[] = [];
  const seen = new Set<string>();
  for (const recipient of recipients) {
    const keyId = bytesToHex(recipient.keyId);
    if (seen.has(keyId)) return err({ code: "recipient-duplicate", keyId });
    seen.add(keyId);
    const input = wrapFor(recipient, contentKey, encryption);
    if (typeof input === "string") return err({ code: "recipient-key-unusable", keyId, fault: input });
    wrapped.push(input);
  }
  const iv = encryption.randomBytes(ivLength);
  const additionalData = encryptedData(contentHeader);
  const running = encryption.start({ cipher: "aes-128-gcm", key: contentKey, iv, additionalData });
  return ok({
    ciphertext: concatBytes(running.update(image), running.finish()),
    encryptionInfo: serializeEncrypt(iv, wrapped),
  });
}

function wrapFor(
  recipient: PayloadRecipient,
  contentKey: Uint8Array,
  encryption: Encryption,
): RecipientInput | "secret-length" | "not-p256" {
  const { keyId } = recipient;
  if (recipient.kind === "key-encryption") {
    const { secret } = recipient;
    if (secret.length !== 16 && secret.length !== 32) return "secret-length";
    const wrappedKey = encryption.wrapKey(secret, contentKey);
    return { kind: "key-encryption", keyId, keyLength: secret.length, wrappedKey };
  }
  const { scheme, bytes } = recipient.publicKey;
  const agreement = scheme === "ecdsa-p256-sha256" ? encryption.agreeOnce(bytes) : undefined;
  if (agreement === undefined) return "not-p256";
  const { ephemeralPoint, sharedSecret } = agreement;
  const wrappedKey = encryption.wrapKey(agreedKey(sharedSecret, agreementHeader), contentKey);
  return { kind: "agreement", keyId, ephemeralPoint, wrappedKey };
}
