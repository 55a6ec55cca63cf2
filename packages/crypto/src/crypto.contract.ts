/** The contract of the Crypto port. Every implementation runs it from its own test file. */
import { describe, expect, test } from "vitest";
import type { Crypto, DigestName, PublicKey, SignatureScheme } from "./crypto.ts";
import { bytesToHex, hexToBytes } from "./index.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (value: string): Uint8Array => hexToBytes(value.replaceAll(/\s/g, ""));

interface SignatureVector {
  readonly name: string;
  readonly key: PublicKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 8032 7.1. */
const ed25519Vectors: readonly SignatureVector[] = [
  {
    name: "RFC 8032 test 1, empty message",
    key: ed25519("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    message: hex(""),
    signature: hex(`e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
      d25bf5f0595bbe24655141438e7a100b`),
  },
  {
    name: "RFC 8032 test 2, one byte",
    key: ed25519("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    message: hex("72"),
    signature: hex(`92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
      387b2eaeb4302aeeb00d291612bb0c00`),
  },
  {
    name: "RFC 8032 test 3, two bytes",
    key: ed25519("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
    message: hex("af82"),
    signature: hex(`6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
      4a7c15e9716ed28dc027beceea1ec40a`),
  },
];

const rfc6979Key = p256(`04 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6
  7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299`);

/** RFC 6979 A.2.5, with SHA-256. The s of the first is in the upper half: an implementation that demands low s fails. */
const p256Vectors: readonly SignatureVector[] = [
  {
    name: 'RFC 6979 A.2.5, "sample"',
    key: rfc6979Key,
    message: text("sample"),
    signature: hex(`efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716
      f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8`),
  },
  {
    name: 'RFC 6979 A.2.5, "test"',
    key: rfc6979Key,
    message: text("test"),
    signature: hex(`f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367
      019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083`),
  },
];

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

const order = {
  ed25519: 2n ** 252n + 27742317777372353535851937790883648493n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

/** Everything that `verify` must answer with false, and must not throw on. */
function forgeries(): readonly SignatureVector[] {
  const [edFirst, edSecond] = ed25519Vectors as readonly [SignatureVector, SignatureVector];
  const [ecFirst, ecSecond] = p256Vectors as readonly [SignatureVector, SignatureVector];
  const anyMessage = text("any message");
  const zero = new Uint8Array(64);
  const identity = hex(`01${"00".repeat(31)}`);
  const identitySignature = join(identity, new Uint8Array(32));
  const r = ecFirst.signature.subarray(0, 32);
  const s = ecFirst.signature.subarray(32);
  const n = bigEndian(order.p256);
  const off = ecFirst.key.bytes.with(64, (ecFirst.key.bytes[64] ?? 0) ^ 1);
  return [
    ...[edFirst, ecFirst].flatMap((good) => [
      { ...good, name: `${good.name}: 63 bytes`, signature: good.signature.subarray(0, 63) },
      { ...good, name: `${good.name}: 65 bytes`, signature: join(good.signature, Uint8Array.of(0)) },
      { ...good, name: `${good.name}: no bytes`, signature: new Uint8Array() },
      { ...good, name: `${good.name}: 96 bytes`, signature: join(good.signature, new Uint8Array(32)) },
      { ...good, name: `${good.name}: another message`, message: anyMessage },
      { ...good, name: `${good.name}: the zero signature`, signature: zero },
      { ...good, name: `${good.name}: the last bit flipped`, signature: flipped(good.signature, 63, 0x01) },
      { ...good, name: `${good.name}: the first bit flipped`, signature: flipped(good.signature, 0, 0x80) },
      { ...good, name: `${good.name}: all ones`, signature: new Uint8Array(64).fill(0xff) },
      { ...good, name: `${good.name}: an empty key`, key: { ...good.key, bytes: new Uint8Array() } },
      { ...good, name: `${good.name}: a key cut short`, key: { ...good.key, bytes: good.key.bytes.subarray(0, -1) } },
      {
        ...good,
        name: `${good.name}: a key too long`,
        key: { ...good.key, bytes: join(good.key.bytes, Uint8Array.of(0)) },
      },
      { ...good, name: `${good.name}: a key of zeros`, key: { ...good.key, bytes: good.key.bytes.slice().fill(0) } },
      {
        ...good,
        name: `${good.name}: the key under the other scheme`,
        key: { ...good.key, scheme: otherScheme(good.key) },
      },
    ]),
    { ...edFirst, name: "Ed25519: another key", key: edSecond.key },
    { ...ecFirst, name: "P-256: the signature of another message", signature: ecSecond.signature },
    // With the relaxed rules of ZIP-215 both verify for every message.
    {
      name: "Ed25519: the all-zero key with the all-zero signature",
      key: { scheme: "ed25519", bytes: new Uint8Array(32) },
      message: anyMessage,
      signature: zero,
    },
    {
      name: "Ed25519: the identity key with R = identity and s = 0",
      key: { scheme: "ed25519", bytes: identity },
      message: anyMessage,
      signature: identitySignature,
    },
    {
      name: "Ed25519: the identity with a sign bit",
      key: { scheme: "ed25519", bytes: identity.with(31, 0x80) },
      message: anyMessage,
      signature: identitySignature,
    },
    {
      name: "Ed25519: the point of order 2",
      key: { scheme: "ed25519", bytes: hex(`ec${"ff".repeat(30)}7f`) },
      message: anyMessage,
      signature: identitySignature,
    },
    {
      name: "Ed25519: a y without an x",
      key: { scheme: "ed25519", bytes: hex(`02${"00".repeat(31)}`) },
      message: anyMessage,
      signature: edFirst.signature,
    },
    { ...edFirst, name: "Ed25519: s + L, the malleable twin", signature: withScalarPlusOrder(edFirst.signature) },
    {
      ...edFirst,
      name: "Ed25519: R in a non-canonical encoding",
      // y = p + 1 is the identity again.
      signature: join(hex(`ee${"ff".repeat(30)}7f`), edFirst.signature.subarray(32)),
    },
    { ...ecFirst, name: "P-256: r = 0", signature: join(new Uint8Array(32), s) },
    { ...ecFirst, name: "P-256: s = 0", signature: join(r, new Uint8Array(32)) },
    { ...ecFirst, name: "P-256: r = n", signature: join(n, s) },
    { ...ecFirst, name: "P-256: s = n", signature: join(r, n) },
    { ...ecFirst, name: "P-256: r > n", signature: join(new Uint8Array(32).fill(0xff), s) },
    { ...ecFirst, name: "P-256: s > n", signature: join(r, new Uint8Array(32).fill(0xff)) },
    { ...ecFirst, name: "P-256: r and s swapped", signature: join(s, r) },
    { ...ecFirst, name: "P-256: a point off the curve", key: { ...ecFirst.key, bytes: off } },
    { ...ecFirst, name: "P-256: the compressed point", key: { ...ecFirst.key, bytes: compressed(ecFirst.key) } },
    {
      ...ecFirst,
      name: "P-256: the hybrid point",
      key: { ...ecFirst.key, bytes: ecFirst.key.bytes.with(0, hybrid(ecFirst.key)) },
    },
    { ...ecFirst, name: "P-256: the point at infinity", key: { ...ecFirst.key, bytes: new Uint8Array(1) } },
  ];
}

export function describeCrypto(name: string, crypto: Crypto): void {
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

  describe(`${name}: verify accepts`, () => {
    test.each([...ed25519Vectors, ...p256Vectors])("$name", ({ key, message, signature }) => {
      expect(crypto.verify(key, message, signature)).toBe(true);
    });

    test("(r, n - s) as well: peers do not normalise s, so nothing may hang on one signature", () => {
      for (const { key, message, signature } of p256Vectors) {
        const s = BigInt(`0x${bytesToHex(signature.subarray(32))}`);
        const twin = join(signature.subarray(0, 32), bigEndian(order.p256 - s));
        expect(crypto.verify(key, message, twin)).toBe(true);
      }
    });

    test("keys and signatures that are views into a larger buffer", () => {
      for (const { key, message, signature } of [...ed25519Vectors, ...p256Vectors]) {
        const file = join(Uint8Array.of(1), key.bytes, signature, Uint8Array.of(2));
        const view = { scheme: key.scheme, bytes: file.subarray(1, 1 + key.bytes.length) };
        expect(crypto.verify(view, message, file.subarray(1 + key.bytes.length, -1))).toBe(true);
      }
    });

    test("a key object by the bytes it has now", () => {
      const [good] = p256Vectors as readonly [SignatureVector];
      const key = { scheme: good.key.scheme, bytes: good.key.bytes.slice() };
      expect(crypto.verify(key, good.message, good.signature)).toBe(true);
      key.bytes.set(negated(good.key));
      expect(crypto.verify(key, good.message, good.signature)).toBe(false);
    });
  });

  describe(`${name}: verify answers false to`, () => {
    test.each(forgeries())("$name", ({ key, message, signature }) => {
      expect(crypto.verify(key, message, signature)).toBe(false);
    });
  });
}

function ed25519(bytes: string): PublicKey {
  return { scheme: "ed25519", bytes: hex(bytes) };
}

function p256(bytes: string): PublicKey {
  return { scheme: "ecdsa-p256-sha256", bytes: hex(bytes) };
}

const otherScheme = (key: PublicKey): SignatureScheme => (key.scheme === "ed25519" ? "ecdsa-p256-sha256" : "ed25519");

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const flipped = (bytes: Uint8Array, at: number, mask: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ mask);

const bigEndian = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, "0"));

const isOdd = (key: PublicKey): boolean => ((key.bytes[64] ?? 0) & 1) === 1;

const compressed = (key: PublicKey): Uint8Array => key.bytes.slice(0, 33).with(0, isOdd(key) ? 3 : 2);

const hybrid = (key: PublicKey): number => (isOdd(key) ? 7 : 6);

/** The point -P: valid, and another key. */
function negated(key: PublicKey): Uint8Array {
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const y = BigInt(`0x${bytesToHex(key.bytes.subarray(33))}`);
  return join(key.bytes.subarray(0, 33), bigEndian(prime - y));
}

function withScalarPlusOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${bytesToHex(signature.slice(32).reverse())}`);
  return join(signature.subarray(0, 32), bigEndian(s + order.ed25519).reverse());
}
