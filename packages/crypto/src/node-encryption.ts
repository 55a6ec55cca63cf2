import { createCipheriv, createECDH, randomBytes } from "node:crypto";
import { cipherShapes } from "./content-cipher.ts";
import type { Encryption, OneTimeAgreement, RunningEncryption } from "./encryption.ts";
import { keyWrapCipher, keyWrapIv } from "./node-key-wrap.ts";
import { keyFault } from "./usable-key.ts";

/** The Encryption port on `node:crypto` (OpenSSL). */
export const nodeEncryption: Encryption = {
  randomBytes: (length) => new Uint8Array(randomBytes(length)),

  wrapKey(keyEncryptionKey, key) {
    if (key.length !== 16 && key.length !== 32) throw new RangeError("a content key has 16 or 32 bytes");
    const cipher = createCipheriv(keyWrapCipher(keyEncryptionKey), keyEncryptionKey, keyWrapIv);
    return new Uint8Array(cipher.update(key));
  },

  agreeOnce(point): OneTimeAgreement | undefined {
    if (keyFault({ scheme: "ecdsa-p256-sha256", bytes: point }) !== undefined) return undefined;
    const ecdh = createECDH("prime256v1");
    const ephemeralPoint = new Uint8Array(ecdh.generateKeys());
    return { ephemeralPoint, sharedSecret: new Uint8Array(ecdh.computeSecret(point)) };
  },

  start({ cipher: name, key, iv, additionalData }): RunningEncryption {
    const { keyLength, ivLength, tagLength } = cipherShapes[name];
    if (key.length !== keyLength || iv.length !== ivLength) {
      throw new RangeError(`key or IV has not the length that ${name} takes`);
    }
    const cipher = createCipheriv(name, key, iv, { authTagLength: tagLength });
    cipher.setAAD(additionalData);
    return {
      update: (chunk) => new Uint8Array(cipher.update(chunk)),
      finish(): Uint8Array {
        cipher.final();
        return new Uint8Array(cipher.getAuthTag());
      },
    };
  },
};
