/** One verdict on every device: the two implementations of `Crypto` against each other and against a third party's signer. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { Point } from "@noble/ed25519";
import { ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PublicKey, SignatureScheme } from "./crypto.ts";
import { bytesToHex, concatBytes, schemeForms, signatureSchemes } from "./index.ts";
import { forgeryUnderErasedKey, mlDsaVectors } from "./ml-dsa-vectors.contract.ts";
import { noblePostQuantumCrypto as nobleCrypto } from "./noble-post-quantum-crypto.ts";
import { nodeCrypto } from "./node-crypto.ts";

interface KeyPair {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array;
}

function freshPair(scheme: SignatureScheme): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (scheme) {
    case "ed25519":
      return generateKeyPairSync("ed25519");
    case "ecdsa-p256-sha256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "ecdsa-p384-sha384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" });
    case "ml-dsa-65":
      return generateKeyPairSync("ml-dsa-65");
    case "ml-dsa-87":
      return generateKeyPairSync("ml-dsa-87");
  }
}

function generate(scheme: SignatureScheme): KeyPair {
  const { publicKey, privateKey } = freshPair(scheme);
  const der = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  const hash = scheme === "ecdsa-p256-sha256" ? "sha256" : scheme === "ecdsa-p384-sha384" ? "sha384" : null;
  return {
    publicKey: { scheme, bytes: der.slice(-schemeForms[scheme].keyLength) },
    sign: (message) => new Uint8Array(sign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" })),
  };
}

/** ML-DSA in JavaScript takes milliseconds, and its bytes are many: fewer runs, each over more of them. */
const runs = (scheme: SignatureScheme): number => (scheme.startsWith("ml-dsa") ? 30 : 60);

describe.each(signatureSchemes)("%s", (scheme) => {
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
    void fc.assert(property, { numRuns: runs(scheme) });
  });

  test("both refuse random keys and signatures without an exception", () => {
    const { keyLength, signatureLength } = schemeForms[scheme];
    const bytes = fc.uint8Array({ minLength: keyLength, maxLength: keyLength });
    const signature = fc.uint8Array({ minLength: signatureLength, maxLength: signatureLength });
    const property = fc.property(bytes, signature, (keyBytes, random) => {
      const key = { scheme, bytes: scheme.startsWith("ecdsa") ? keyBytes.with(0, 4) : keyBytes };
      expect(nodeCrypto.verify(key, Uint8Array.of(1), random)).toBe(false);
      expect(nobleCrypto.verify(key, Uint8Array.of(1), random)).toBe(false);
    });
    void fc.assert(property, { numRuns: runs(scheme) });
  });
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("ML-DSA", () => {
  // The keys as RFC 9881 C.1 prints them; the signatures as both libraries accept them.
  test.each([
    {
      scheme: "ml-dsa-65",
      key: "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9",
      signature: "a9ed3dd4c9729f7bc090446f1302d04d2209494bd28a804f991f8d036c4df0c9",
    },
    {
      scheme: "ml-dsa-87",
      key: "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd",
      signature: "7b885d69151f039733b365170eb5aa2db2b643912a39ba8e212f83796fbd10db",
    },
  ] as const)("$scheme: known key, known signature", ({ scheme, key, signature }) => {
    const [first] = mlDsaVectors[scheme].accepted;
    expect(sha256(first.key.bytes)).toBe(key);
    expect(sha256(first.signature)).toBe(signature);
  });

  test.each(["ml-dsa-65", "ml-dsa-87"] as const)("%s: the libraries accept what only keyFault refuses", (scheme) => {
    const library = scheme === "ml-dsa-65" ? ml_dsa65 : ml_dsa87;
    for (const fill of [0x00, 0xff] as const) {
      const { key, message, signature } = forgeryUnderErasedKey(scheme, fill);
      const der = Buffer.concat([Buffer.from(schemeForms[scheme].spkiPrefix, "hex"), key.bytes]);
      expect(verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature)).toBe(true);
      expect(library.verify(signature, message, key.bytes)).toBe(true);
      expect(nodeCrypto.verify(key, message, signature)).toBe(false);
      expect(nobleCrypto.verify(key, message, signature)).toBe(false);
    }
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
   * does not. If this fails, the libraries agree at last, and the comment in `ed25519-part.ts` can go.
   */
  test("with a small-order part in R, noble accepts and OpenSSL refuses", () => {
    const orderEight = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const signature = craft(Point.BASE.multiply(7n).add(orderEight).toBytes(), 7n);
    expect(nobleCrypto.verify(publicKey, message, signature)).toBe(true);
    expect(nodeCrypto.verify(publicKey, message, signature)).toBe(false);
  });
});
