/** One verdict on every device: the two implementations of `Crypto` against each other and against a third party's signer. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Point } from "@noble/ed25519";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PublicKey, SignatureScheme } from "./crypto.ts";
import { bytesToHex, concatBytes } from "./index.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import { nodeCrypto } from "./node-crypto.ts";

interface KeyPair {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array;
}

function generate(scheme: SignatureScheme): KeyPair {
  const pair =
    scheme === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const raw = (key: KeyObject): Uint8Array => {
    const der = new Uint8Array(key.export({ format: "der", type: "spki" }));
    return der.slice(scheme === "ed25519" ? -32 : -65);
  };
  return {
    publicKey: { scheme, bytes: raw(pair.publicKey) },
    sign: (message) =>
      new Uint8Array(
        scheme === "ed25519"
          ? sign(null, message, pair.privateKey)
          : sign("sha256", message, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }),
      ),
  };
}

describe.each(["ed25519", "ecdsa-p256-sha256"] as const)("%s", (scheme) => {
  const pairs = Array.from({ length: 3 }, () => generate(scheme));

  test("both accept what OpenSSL signed", () => {
    for (const { publicKey, sign: signWith } of pairs) {
      for (const length of [0, 1, 55, 64, 1000]) {
        const message = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
        const signature = signWith(message);
        expect(nodeCrypto.verify(publicKey, message, signature)).toBe(true);
        expect(nobleCrypto.verify(publicKey, message, signature)).toBe(true);
      }
    }
  });

  test("both give one answer when key, message or signature is changed", () => {
    const part = fc.constantFrom("key", "message", "signature");
    const property = fc.property(
      fc.constantFrom(...pairs),
      part,
      fc.nat(),
      fc.nat({ max: 7 }),
      (pair, which, at, bit) => {
        const message: Uint8Array = Uint8Array.of(1, 2, 3);
        const original = { key: pair.publicKey.bytes, message, signature: pair.sign(message) };
        const target = original[which];
        const index = at % target.length;
        const changed = { ...original, [which]: target.with(index, (target[index] ?? 0) ^ (1 << bit)) };
        const key = { scheme, bytes: changed.key };
        expect(nodeCrypto.verify(key, changed.message, changed.signature)).toBe(false);
        expect(nobleCrypto.verify(key, changed.message, changed.signature)).toBe(false);
      },
    );
    void fc.assert(property, { numRuns: 60 });
  });

  test("both refuse random keys and signatures without an exception", () => {
    const keyLength = scheme === "ed25519" ? 32 : 65;
    const bytes = fc.uint8Array({ minLength: keyLength, maxLength: keyLength });
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
    const property = fc.property(bytes, signature, (keyBytes, random) => {
      const key = { scheme, bytes: scheme === "ed25519" ? keyBytes : keyBytes.with(0, 4) };
      expect(nodeCrypto.verify(key, Uint8Array.of(1), random)).toBe(false);
      expect(nobleCrypto.verify(key, Uint8Array.of(1), random)).toBe(false);
    });
    void fc.assert(property, { numRuns: 60 });
  });
});

describe("signatures that only the owner of an Ed25519 key can craft", () => {
  const message = Uint8Array.of(1);
  const secret = 5n;
  const publicKey: PublicKey = { scheme: "ed25519", bytes: Point.BASE.multiply(secret).toBytes() };

  /** s = nonce + H(R, A, M) * secret: the honest equation under any R. */
  function craft(r: Uint8Array, nonce: bigint): Uint8Array {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const hash = nobleCrypto.startDigest("sha-512");
    hash.update(concatBytes(r, publicKey.bytes, message));
    const challenge = BigInt(`0x${bytesToHex(hash.digest().reverse())}`);
    const s = (nonce + challenge * secret) % order;
    return concatBytes(r, Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse());
  }

  test("crafted like an honest one, both accept", () => {
    const signature = craft(Point.BASE.multiply(7n).toBytes(), 7n);
    expect(nobleCrypto.verify(publicKey, message, signature)).toBe(true);
    expect(nodeCrypto.verify(publicKey, message, signature)).toBe(true);
  });

  test("with R in its second encoding, both refuse (ZIP-215 would accept)", () => {
    // y = p + 1 stands for y = 1, the identity, which is R for the nonce 0.
    const signature = craft(Uint8Array.from([0xee, ...Array(30).fill(0xff), 0x7f]), 0n);
    expect(nobleCrypto.verify(publicKey, message, signature)).toBe(false);
    expect(nodeCrypto.verify(publicKey, message, signature)).toBe(false);
  });

  /**
   * The one known difference: RFC 8032 5.1.7 lets a verifier multiply the equation by the cofactor; noble does, OpenSSL
   * does not. If this fails, the libraries agree at last, and the comment in `noble-crypto.ts` can go.
   */
  test("with a small-order part in R, noble accepts and OpenSSL refuses", () => {
    const orderEight = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const signature = craft(Point.BASE.multiply(7n).add(orderEight).toBytes(), 7n);
    expect(nobleCrypto.verify(publicKey, message, signature)).toBe(true);
    expect(nodeCrypto.verify(publicKey, message, signature)).toBe(false);
  });
});
