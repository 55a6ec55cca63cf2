import { decode } from "@sumac/cbor";
import {
  agreedKey,
  agreementHeader,
  contentHeader,
  type Encrypt,
  encryptedData,
  encryptTag,
  parseEncrypt,
  type RecipientInput,
  serializeEncrypt,
} from "@sumac/cose";
import { agreementKey, concatBytes, keyEncryptionKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeEncryption } from "@sumac/crypto/encryption/node";

/** TEST ONLY: the content key, and the secrets of two recipients. */
const contentKey = new Uint8Array(16).fill(0xce);
const sharedSecret = new Uint8Array(16).fill(0x5e);
const privateKey = new Uint8Array(32).with(31, 1);
/** SP 800-186 3.2.1.3: the base point, so the public key of the private key 1. */
const publicPoint = new Uint8Array(
  Buffer.from(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "hex",
  ),
);

const keyId = (name: string): Uint8Array => new TextEncoder().encode(name);

export const deviceKeys: { readonly shared: RecipientKey; readonly pair: RecipientKey } = {
  shared: keyEncryptionKey(keyId("shared"), sharedSecret, nodeDecryption),
  pair: agreementKey(keyId("pair"), privateKey, nodeDecryption),
};

/** Other secrets under the same key ids. */
export const wrongKeys: typeof deviceKeys = {
  shared: keyEncryptionKey(keyId("shared"), sharedSecret.with(0, 0), nodeDecryption),
  pair: agreementKey(keyId("pair"), privateKey.with(31, 2), nodeDecryption),
};

function recipients(): readonly RecipientInput[] {
  const agreement = nodeEncryption.agreeOnce(publicPoint);
  if (agreement === undefined) throw new Error("the base point is refused");
  return [
    {
      kind: "key-encryption",
      keyId: keyId("shared"),
      keyLength: 16,
      wrappedKey: nodeEncryption.wrapKey(sharedSecret, contentKey),
    },
    {
      kind: "agreement",
      keyId: keyId("pair"),
      ephemeralPoint: agreement.ephemeralPoint,
      wrappedKey: nodeEncryption.wrapKey(agreedKey(agreement.sharedSecret, agreementHeader), contentKey),
    },
  ];
}

export interface EncryptedForTest {
  readonly encryption: Encrypt;
  readonly ciphertext: Uint8Array;
}

/** A128GCM for both recipients. */
export function encryptForTest(plaintext: Uint8Array): EncryptedForTest {
  const iv = nodeEncryption.randomBytes(12);
  const additionalData = encryptedData(contentHeader);
  const running = nodeEncryption.start({ cipher: "aes-128-gcm", key: contentKey, iv, additionalData });
  const ciphertext = concatBytes(running.update(plaintext), running.finish());
  const decoded = decode(serializeEncrypt(iv, recipients()), { field: "test", tags: [encryptTag] });
  const parsed = decoded.ok ? parseEncrypt(decoded.value, "test") : decoded;
  if (!parsed.ok) throw new Error(parsed.error.code);
  return { encryption: parsed.value, ciphertext };
}
