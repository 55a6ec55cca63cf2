/** The contract of the Crypto port. Every implementation runs it from its own test file. */
import { describe, expect, test } from "vitest";
import { type Crypto, canVerify, type DigestName, type SignatureScheme } from "./crypto.ts";
import { negated, p256Vectors, p384Vectors } from "./ecdsa-vectors.contract.ts";
import { ed25519Vectors } from "./ed25519-vectors.contract.ts";
import { bytesToHex } from "./index.ts";
import { mlDsaVectors } from "./ml-dsa-vectors.contract.ts";
import { signatureSchemes } from "./scheme-forms.ts";
import { flipped, join, type SchemeVectors, type SignatureVector, text } from "./signature-vector.contract.ts";

const vectorsOf: Readonly<Record<SignatureScheme, SchemeVectors>> = {
  ed25519: ed25519Vectors,
  "ecdsa-p256-sha256": p256Vectors,
  "ecdsa-p384-sha384": p384Vectors,
  ...mlDsaVectors,
};

/** FIPS 180-4, example messages. */
const digestVectors: readonly { readonly name: DigestName; readonly message: string; readonly digest: string }[] = [
  { name: "sha-256", message: "", digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { name: "sha-256", message: "abc", digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  {
    name: "sha-384",
    message: "abc",
    digest: `cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7`,
  },
  {
    name: "sha-512",
    message: "abc",
    digest: `ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
      2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f`,
  },
];

/** Forgeries that each scheme must refuse in the same way. */
function commonForgeries(scheme: SignatureScheme): SignatureVector[] {
  const [good, second] = vectorsOf[scheme].accepted;
  const { signature, key } = good;
  const { length } = signature;
  const withSignature = (name: string, changed: Uint8Array): SignatureVector => ({
    ...good,
    name,
    signature: changed,
  });
  const withKey = (name: string, bytes: Uint8Array): SignatureVector => ({ ...good, name, key: { scheme, bytes } });
  return [
    withSignature("a signature one byte short", signature.subarray(0, -1)),
    withSignature("a signature one byte long", join(signature, Uint8Array.of(0))),
    withSignature("a signature of no bytes", new Uint8Array()),
    withSignature("half a signature", signature.subarray(0, length / 2)),
    withSignature("two signatures", join(signature, signature)),
    withSignature("the zero signature", new Uint8Array(length)),
    withSignature("a signature of all ones", new Uint8Array(length).fill(0xff)),
    withSignature("the last bit flipped", flipped(signature, length - 1, 0x01)),
    withSignature("the first bit flipped", flipped(signature, 0, 0x80)),
    { ...good, name: "another message", message: text("any message") },
    { ...good, name: "a longer message", message: join(good.message, Uint8Array.of(0)) },
    { ...good, name: "the message of another signature", message: second.message },
    withKey("an empty key", new Uint8Array()),
    withKey("a key cut short", key.bytes.subarray(0, -1)),
    withKey("a key too long", join(key.bytes, Uint8Array.of(0))),
    withKey("a key of zeros", new Uint8Array(key.bytes.length)),
    withKey("a key of ones", new Uint8Array(key.bytes.length).fill(0xff)),
    ...signatureSchemes
      .filter((other) => other !== scheme)
      .map((other) => ({ ...good, name: `the key called ${other}`, key: { ...key, scheme: other } })),
  ];
}

/** `schemes`: exactly what the implementation claims to check. */
export function describeCrypto(name: string, crypto: Crypto, schemes: readonly SignatureScheme[]): void {
  const digestOf = (algorithm: DigestName, ...chunks: readonly Uint8Array[]): Uint8Array => {
    const running = crypto.startDigest(algorithm);
    for (const chunk of chunks) running.update(chunk);
    return running.digest();
  };

  describe(`${name}: digests`, () => {
    test.each(digestVectors)('$name of "$message"', ({ name: algorithm, message, digest }) => {
      expect(bytesToHex(digestOf(algorithm, text(message)))).toBe(digest.replaceAll(/\s/g, ""));
    });

    test("do not depend on how the input is cut", () => {
      const message = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
      const whole = digestOf("sha-256", message);
      for (const size of [1, 63, 64, 65, 999]) {
        const chunks = Array.from({ length: Math.ceil(1000 / size) }, (_, i) =>
          message.subarray(i * size, (i + 1) * size),
        );
        expect(digestOf("sha-256", ...chunks, new Uint8Array())).toEqual(whole);
      }
    });

    test("take a chunk's bytes at once: the caller may reuse its buffer", () => {
      const buffer = text("abc");
      const running = crypto.startDigest("sha-256");
      running.update(buffer);
      buffer.fill(0);
      expect(running.digest()).toEqual(digestOf("sha-256", text("abc")));
    });

    test("run beside each other", () => {
      const [first, second] = [crypto.startDigest("sha-256"), crypto.startDigest("sha-256")];
      first.update(text("a"));
      second.update(text("abc"));
      first.update(text("bc"));
      expect(first.digest()).toEqual(second.digest());
    });

    test("are over after digest()", () => {
      const running = crypto.startDigest("sha-256");
      running.digest();
      expect(() => running.update(text("abc"))).toThrow();
      expect(() => running.digest()).toThrow();
    });

    test("are plain bytes", () => {
      const digest = digestOf("sha-512", text("abc"));
      expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
      expect(digest.buffer.byteLength).toBe(64);
    });
  });

  test(`${name}: says which schemes it checks`, () => {
    expect(signatureSchemes.filter((scheme) => canVerify(crypto, scheme))).toEqual(schemes);
  });

  describe.each(schemes)(`${name}: %s accepts`, (scheme) => {
    const { accepted } = vectorsOf[scheme];

    test.each(accepted)("$name", ({ key, message, signature }) => {
      expect(crypto.verify(key, message, signature)).toBe(true);
    });

    test("keys and signatures that are views into a larger buffer", () => {
      for (const { key, message, signature } of accepted) {
        const file = join(Uint8Array.of(1), key.bytes, signature, Uint8Array.of(2));
        const view = { scheme: key.scheme, bytes: file.subarray(1, 1 + key.bytes.length) };
        expect(crypto.verify(view, message, file.subarray(1 + key.bytes.length, -1))).toBe(true);
      }
    });

    test("a key object by the bytes it has now", () => {
      const [good] = accepted;
      const key = { scheme, bytes: good.key.bytes.slice() };
      expect(crypto.verify(key, good.message, good.signature)).toBe(true);
      key.bytes.set(anotherKey(good));
      expect(crypto.verify(key, good.message, good.signature)).toBe(false);
    });
  });

  describe.each(schemes)(`${name}: %s answers false to`, (scheme) => {
    test.each([...commonForgeries(scheme), ...vectorsOf[scheme].forged])("$name", ({ key, message, signature }) => {
      expect(crypto.verify(key, message, signature)).toBe(false);
    });
  });

  const leftOut = signatureSchemes.filter((scheme) => !schemes.includes(scheme));
  if (leftOut.length === 0) return;
  test.each(leftOut)(`${name}: %s was left out, and nothing verifies`, (scheme) => {
    for (const { key, message, signature } of vectorsOf[scheme].accepted) {
      expect(crypto.verify(key, message, signature)).toBe(false);
    }
  });
}

/** Another valid key of the same scheme. */
function anotherKey({ key }: SignatureVector): Uint8Array {
  if (key.scheme === "ed25519") return ed25519Vectors.accepted[1].key.bytes;
  return key.scheme.startsWith("ecdsa") ? negated(key).bytes : flipped(key.bytes, 0, 1);
}
