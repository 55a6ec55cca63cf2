import { encode, err, ok, type Result } from "@sumac/cbor";
import {
  bytesToHex,
  type Decryption,
  deriveKey,
  equalBytes,
  type RecipientKey,
  type RunningDecryption,
} from "@sumac/crypto";
import type { Encrypt, EncryptRecipient } from "./encrypt.ts";
import { a128kw } from "./encryption-algorithm.ts";

/** Why there is no content key. Known before a byte of the payload was touched. */
export type ContentKeyRefusal =
  /** No key that is held here is one of the recipients; `recipients` are their key ids in lower-case hex, "" for none. */
  | { readonly code: "no-decryption-key"; readonly recipients: readonly string[] }
  /** A key that is meant does not open what was wrapped: not the vendor's key under that id, or the wrapped key was altered. */
  | { readonly code: "decryption-failed"; readonly because: "key-unwrap" };

/**
 * The content key, by the first recipient that one of `keys` opens. A recipient with a key id is tried with the key of
 * that id and kind only, one without with every key of its kind.
 */
export async function findContentKey(
  encrypt: Encrypt,
  keys: readonly RecipientKey[],
  decryption: Decryption,
): Promise<Result<Uint8Array, ContentKeyRefusal>> {
  let tried = false;
  for (const recipient of encrypt.recipients) {
    for (const key of keys) {
      if (!isFor(recipient, key)) continue;
      tried = true;
      const contentKey = await unwrapBy(recipient, key, decryption);
      if (contentKey !== undefined) return ok(contentKey);
    }
  }
  if (tried) return err({ code: "decryption-failed", because: "key-unwrap" });
  const recipients = encrypt.recipients.map(({ keyId }) => bytesToHex(keyId ?? new Uint8Array()));
  return err({ code: "no-decryption-key", recipients });
}

function isFor(recipient: EncryptRecipient, key: RecipientKey): boolean {
  if (recipient.kind !== key.kind) return false;
  if (key.kind === "key-encryption" && key.keyLength !== recipient.distribution.keyLength) return false;
  return recipient.keyId === undefined || equalBytes(recipient.keyId, key.keyId);
}

async function unwrapBy(
  recipient: EncryptRecipient,
  key: RecipientKey,
  decryption: Decryption,
): Promise<Uint8Array | undefined> {
  if (key.kind === "key-encryption") return key.unwrap(recipient.wrappedKey);
  const secret = recipient.kind === "agreement" ? await key.agree(recipient.ephemeralPoint) : undefined;
  return secret && decryption.unwrapKey(agreedKey(secret, recipient.protected), recipient.wrappedKey);
}

/** The key that an ECDH secret stands for: HKDF-SHA-256 without salt over `derivationContext`. */
export const agreedKey = (secret: Uint8Array, protectedHeader: Uint8Array): Uint8Array =>
  deriveKey(secret, derivationContext(protectedHeader), a128kw.keyLength);

/** COSE_KDF_Context (RFC 9053 5.2) as draft-ietf-suit-firmware-encryption fixes it: no parties, one purpose. */
export const derivationContext = (protectedHeader: Uint8Array): Uint8Array =>
  encode([
    a128kw.id,
    [null, null, null],
    [null, null, null],
    [a128kw.keyLength * 8, protectedHeader, new TextEncoder().encode("SUIT Payload Encryption")],
  ]);

/** What the tag of an AEAD covers beside the ciphertext: the Enc_structure of RFC 9052 5.3 with empty external data. */
export const encryptedData = (protectedHeader: Uint8Array): Uint8Array =>
  encode(["Encrypt", protectedHeader, new Uint8Array()]);

/** Begins to decrypt the payload; `contentKey` is what `findContentKey` gave. */
export const startDecryption = (encrypt: Encrypt, contentKey: Uint8Array, decryption: Decryption): RunningDecryption =>
  decryption.start({
    cipher: encrypt.algorithm.cipher,
    key: contentKey,
    iv: encrypt.iv,
    additionalData: encryptedData(encrypt.protected),
  });
