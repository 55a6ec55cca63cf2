/** The contract of the Encryption port: what it writes, every Decryption reads. */
import { describe, expect, test } from "vitest";
import type { Decryption } from "./decryption.ts";
import type { Encryption } from "./encryption.ts";
import { bytesToHex, concatBytes, hexToBytes } from "./index.ts";

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

export function encryptionContract(name: string, encryption: Encryption, decryption: Decryption): void {
  describe(`encryption contract: ${name}`, () => {
    const recipient = encryption.agreeOnce(
      hexToBytes(
        "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
      ),
    );

    test("random bytes come in the length asked for, and differ", () => {
      expect(encryption.randomBytes(16)).toHaveLength(16);
      expect(encryption.randomBytes(16)).not.toEqual(encryption.randomBytes(16));
    });

    test("RFC 3394 4.1", () => {
      const key = hexToBytes("00112233445566778899aabbccddeeff");
      expect(bytesToHex(encryption.wrapKey(counting(16), key))).toBe(
        "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
      );
    });

    test.each([
      [16, 16],
      [16, 32],
      [32, 16],
      [32, 32],
    ])("a key wrapped by %i bytes around %i is unwrapped", (outer, inner) => {
      const wrapped = encryption.wrapKey(counting(outer), counting(inner));
      expect(wrapped).toHaveLength(inner + 8);
      expect(decryption.unwrapKey(counting(outer), wrapped)).toEqual(counting(inner));
    });

    test.each([
      [24, 16],
      [16, 24],
      [16, 0],
    ])("a key of another length is a bug: %i around %i", (outer, inner) => {
      expect(() => encryption.wrapKey(counting(outer), counting(inner))).toThrow(RangeError);
    });

    test("an agreement is one that the recipient reaches too, with a new key pair each time", () => {
      // RFC 5903 8.1, the initiator's private key.
      const privateKey = hexToBytes("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
      if (recipient === undefined) throw new Error("the point of RFC 5903 is refused");
      expect(recipient.ephemeralPoint).toHaveLength(65);
      expect(decryption.agree(privateKey, recipient.ephemeralPoint)).toEqual(recipient.sharedSecret);
    });

    test("a point off the curve is refused", () => {
      expect(encryption.agreeOnce(new Uint8Array(65).fill(4))).toBeUndefined();
    });

    test.each([0, 1, 16, 1000])("%i bytes of ciphertext with their tag are decrypted", (length) => {
      const parameters = {
        cipher: "aes-128-gcm" as const,
        key: counting(16),
        iv: counting(12),
        additionalData: counting(5),
      };
      const plaintext = new Uint8Array(length).fill(0x5a);
      const running = encryption.start(parameters);
      const parts = [running.update(plaintext.subarray(0, 7)), running.update(plaintext.subarray(7)), running.finish()];
      const ciphertext = concatBytes(...parts);
      expect(ciphertext).toHaveLength(length + 16);
      const reader = decryption.start(parameters);
      expect(reader.update(ciphertext)).toEqual(plaintext);
      expect(reader.finish()).toBe(true);
    });

    test("a key or IV of another length is a bug", () => {
      const parameters = {
        cipher: "aes-128-gcm" as const,
        key: counting(16),
        iv: counting(12),
        additionalData: counting(5),
      };
      expect(() => encryption.start({ ...parameters, key: counting(32) })).toThrow(RangeError);
      expect(() => encryption.start({ ...parameters, iv: counting(8) })).toThrow(RangeError);
    });
  });
}
