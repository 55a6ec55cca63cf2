import { createDecipheriv, createECDH } from "node:crypto";
import { cipherShapes } from "./content-cipher.ts";
import type { Decryption, DecryptionParameters, RunningDecryption } from "./decryption.ts";
import { keyWrapCipher, keyWrapIv } from "./node-key-wrap.ts";
import { keyFault } from "./usable-key.ts";

/** The Decryption port on `node:crypto` (OpenSSL). */
export const nodeDecryption: Decryption = {
  unwrapKey(keyEncryptionKey, wrapped) {
    // Whole 8-byte blocks, at least three: OpenSSL would return nothing at all for an empty input, and call it success.
    if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined;
    const decipher = createDecipheriv(keyWrapCipher(keyEncryptionKey), keyEncryptionKey, keyWrapIv);
    try {
      return new Uint8Array(decipher.update(wrapped));
    } catch {
      return undefined;
    }
  },

  agree(privateKey, point) {
    if (keyFault({ scheme: "ecdsa-p256-sha256", bytes: point }) !== undefined) return undefined;
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(privateKey);
    return new Uint8Array(ecdh.computeSecret(point));
  },

  start(parameters): RunningDecryption {
    const { cipher, key, iv } = parameters;
    const { keyLength, ivLength } = cipherShapes[cipher];
    if (key.length !== keyLength || iv.length !== ivLength) {
      throw new RangeError(`key or IV has not the length that ${cipher} takes`);
    }
    return cipher === "aes-128-gcm" ? startGcm(parameters) : startCtr(parameters);
  },
};

function startCtr({ cipher, key, iv }: DecryptionParameters): RunningDecryption {
  const decipher = createDecipheriv(cipher, key, iv);
  return { update: (chunk) => new Uint8Array(decipher.update(chunk)), finish: () => true };
}

function startGcm({ key, iv, additionalData }: DecryptionParameters): RunningDecryption {
  const { tagLength } = cipherShapes["aes-128-gcm"];
  // Without the fixed length, Node would also take tags of 4 bytes.
  const decipher = createDecipheriv("aes-128-gcm", key, iv, { authTagLength: tagLength });
  decipher.setAAD(additionalData);
  let held = new Uint8Array();
  return {
    update(chunk): Uint8Array {
      const certain = Math.max(0, held.length + chunk.length - tagLength);
      const fromHeld = Math.min(certain, held.length);
      const fromChunk = certain - fromHeld;
      const plaintext = new Uint8Array(certain);
      plaintext.set(decipher.update(held.subarray(0, fromHeld)));
      plaintext.set(decipher.update(chunk.subarray(0, fromChunk)), fromHeld);
      // A copy: the caller may use the chunk's memory again.
      held = Uint8Array.from([...held.subarray(fromHeld), ...chunk.subarray(fromChunk)]);
      return plaintext;
    },
    finish(): boolean {
      if (held.length !== tagLength) return false;
      decipher.setAuthTag(held);
      try {
        decipher.final();
        return true;
      } catch {
        return false;
      }
    },
  };
}
