/** The contract of the Decryption port. Every implementation runs it from its own test file. */
import { describe, expect, test } from "vitest";
import type { Decryption, DecryptionParameters, RunningDecryption } from "./decryption.ts";
import { bytesToHex, concatBytes, hexToBytes } from "./index.ts";

const hex = (value: string): Uint8Array => hexToBytes(value.replaceAll(/\s/g, ""));
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

/** RFC 3394 4.1 and 4.6, 4.3 being a 256-bit key around a 128-bit one. */
const wraps = [
  {
    name: "RFC 3394 4.1: 128 bits by 128 bits",
    kek: counting(16),
    wrapped: "1fa68b0a8112b447 aef34bd8fb5a7b82 9d3e862371d2cfe5",
    key: "00112233445566778899aabbccddeeff",
  },
  {
    name: "RFC 3394 4.3: 128 bits by 256 bits",
    kek: counting(32),
    wrapped: "64e8c3f9ce0f5ba2 63e9777905818a2a 93c8191e7d6e8ae7",
    key: "00112233445566778899aabbccddeeff",
  },
  {
    name: "RFC 3394 4.6: 256 bits by 256 bits",
    kek: counting(32),
    wrapped: "28c9f404c4b810f4 cbccb35cfb87f826 3f5786e2d80ed326 cbc7f0e71a99f43b fb988b9b7a02dd21",
    key: "00112233445566778899aabbccddeeff 000102030405060708090a0b0c0d0e0f",
  },
];

/** RFC 5903 8.1: both sides of one exchange on P-256. */
const exchange = {
  i: hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
  gi: hex(`04 dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180
    5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3`),
  r: hex("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53"),
  gr: hex(`04 d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63
    56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab`),
  shared: "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
};

/** The McGrew and Viega GCM test case 4 (SP 800-38D validation set): 60 bytes and 20 bytes of additional data. */
const gcm = {
  parameters: {
    cipher: "aes-128-gcm",
    key: hex("feffe9928665731c6d6a8f9467308308"),
    iv: hex("cafebabefacedbaddecaf888"),
    additionalData: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  } satisfies DecryptionParameters,
  plaintext: hex(`d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`),
  ciphertext: hex(`42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
    21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091`),
  tag: hex("5bc94fbc3221a5db94fae95ae7121a47"),
};
const sealed = concatBytes(gcm.ciphertext, gcm.tag);

/** SP 800-38A F.5.2 and F.5.6. */
const ctrBlocks = `6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`;
const ctr = [
  {
    name: "SP 800-38A F.5.2",
    cipher: "aes-128-ctr" as const,
    key: "2b7e151628aed2a6abf7158809cf4f3c",
    ciphertext: `874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
      5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee`,
  },
  {
    name: "SP 800-38A F.5.6",
    cipher: "aes-256-ctr" as const,
    key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    ciphertext: `601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
      2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6`,
  },
];

function feed(running: RunningDecryption, bytes: Uint8Array, chunkSize: number): Uint8Array {
  const out: Uint8Array[] = [];
  const reused = new Uint8Array(chunkSize);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    reused.set(chunk);
    out.push(new Uint8Array(running.update(reused.subarray(0, chunk.length))));
    reused.fill(0xee); // the caller's memory is the caller's
  }
  return concatBytes(...out);
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);

export function decryptionContract(name: string, decryption: Decryption): void {
  describe(`decryption contract: ${name}`, () => {
    describe("key unwrapping", () => {
      test.each(wraps)("$name", ({ kek, wrapped, key }) => {
        expect(bytesToHex(decryption.unwrapKey(kek, hex(wrapped)) ?? new Uint8Array())).toBe(bytesToHex(hex(key)));
      });

      test.each(wraps)("$name: every changed byte and another key are noticed", ({ kek, wrapped }) => {
        const bytes = hex(wrapped);
        for (const at of bytes.keys()) expect(decryption.unwrapKey(kek, flipped(bytes, at))).toBeUndefined();
        expect(decryption.unwrapKey(flipped(kek, 0), bytes)).toBeUndefined();
      });

      test.each([0, 8, 16, 23, 25])("%i bytes are no wrapped key", (length) => {
        expect(decryption.unwrapKey(counting(16), new Uint8Array(length))).toBeUndefined();
      });

      test.each([0, 15, 24, 33])("a key of %i bytes is a bug", (length) => {
        expect(() => decryption.unwrapKey(counting(length), hex(wraps[0]?.wrapped ?? ""))).toThrow(RangeError);
      });
    });

    describe("agreement", () => {
      test("RFC 5903 8.1, from both sides", () => {
        expect(bytesToHex(decryption.agree(exchange.i, exchange.gr) ?? new Uint8Array())).toBe(exchange.shared);
        expect(bytesToHex(decryption.agree(exchange.r, exchange.gi) ?? new Uint8Array())).toBe(exchange.shared);
      });

      test.each([
        ["off the curve", flipped(exchange.gr, 64)],
        ["of all zeros", new Uint8Array(65)],
        ["at infinity", Uint8Array.of(0)],
        ["compressed", Uint8Array.of(3, ...exchange.gr.subarray(1, 33))],
        ["cut", exchange.gr.subarray(0, 64)],
      ])("a point %s is refused", (_, point) => {
        expect(decryption.agree(exchange.i, point)).toBeUndefined();
      });

      test("a private key of zero is a bug", () => {
        expect(() => decryption.agree(new Uint8Array(32), exchange.gr)).toThrow();
      });
    });

    describe("AES-GCM", () => {
      const start = (changes: Partial<DecryptionParameters> = {}): RunningDecryption =>
        decryption.start({ ...gcm.parameters, ...changes });

      test.each([1, 2, 15, 16, 17, 33, 59, 76, 100])("SP 800-38D test case 4 in chunks of %i", (chunkSize) => {
        const running = start();
        expect(bytesToHex(feed(running, sealed, chunkSize))).toBe(bytesToHex(gcm.plaintext));
        expect(running.finish()).toBe(true);
      });

      test("gives out nothing of what may still be the tag", () => {
        const running = start();
        expect(running.update(sealed.subarray(0, 16))).toHaveLength(0);
        expect(running.update(sealed.subarray(16, 17))).toHaveLength(1);
        expect(running.update(new Uint8Array())).toHaveLength(0);
      });

      test("every changed byte is noticed at the end", () => {
        for (const at of sealed.keys()) {
          const running = start();
          feed(running, flipped(sealed, at), 7);
          expect(running.finish()).toBe(false);
        }
      });

      test("every cut is noticed at the end", () => {
        for (const length of sealed.keys()) {
          const running = start();
          feed(running, sealed.subarray(0, length), 16);
          expect(running.finish()).toBe(false);
        }
      });

      test.each([
        ["another key", { key: flipped(gcm.parameters.key, 3) }],
        ["another IV", { iv: flipped(gcm.parameters.iv, 3) }],
        ["other additional data", { additionalData: flipped(gcm.parameters.additionalData, 3) }],
        ["no additional data", { additionalData: new Uint8Array() }],
      ])("%s is noticed at the end", (_, changes) => {
        const running = start(changes);
        feed(running, sealed, 16);
        expect(running.finish()).toBe(false);
      });

      test.each([
        ["key", { key: counting(32) }],
        ["IV", { iv: counting(16) }],
      ])("a %s of another length is a bug", (_, changes) => {
        expect(() => start(changes)).toThrow(RangeError);
      });
    });

    describe("AES-CTR", () => {
      const iv = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
      const additionalData = new Uint8Array();

      test.each(ctr)("$name, whole and in chunks", ({ cipher, key, ciphertext }) => {
        for (const chunkSize of [1, 7, 16, 100]) {
          const running = decryption.start({ cipher, key: hex(key), iv, additionalData });
          expect(bytesToHex(feed(running, hex(ciphertext), chunkSize))).toBe(bytesToHex(hex(ctrBlocks)));
          expect(running.finish()).toBe(true);
        }
      });

      test.each(ctr)("$name: nothing notices a changed byte, hence the digest", ({ cipher, key, ciphertext }) => {
        const running = decryption.start({ cipher, key: hex(key), iv, additionalData });
        expect(bytesToHex(feed(running, flipped(hex(ciphertext), 0), 16))).toBe(bytesToHex(flipped(hex(ctrBlocks), 0)));
        expect(running.finish()).toBe(true);
      });

      test.each(ctr)("$name: a key or IV of another length is a bug", ({ cipher, key }) => {
        const parameters = { cipher, key: hex(key), iv, additionalData };
        expect(() => decryption.start({ ...parameters, key: counting(24) })).toThrow(RangeError);
        expect(() => decryption.start({ ...parameters, iv: counting(12) })).toThrow(RangeError);
      });
    });
  });
}
