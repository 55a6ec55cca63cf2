import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, concatBytes, hexToBytes, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { derEcdsaSignature, rawEcdsaSignature } from "./ecdsa-signature.ts";
import { ecdsaP256Scheme, ed25519Scheme, type KeyScheme, mlDsa65Scheme, type SchemeKey } from "./key-scheme.ts";
import { rsaPssScheme } from "./node-rsa-pss.ts";
import { tufKeyId, tufKeyObject } from "./tuf-key.ts";

const message = new TextEncoder().encode("what was signed");
const cryptos = [
  ["node", nodeCrypto],
  ["noble", nobleCrypto],
] as const;

function pemOf(key: KeyObject): string {
  return String(key.export({ format: "pem", type: "spki" }));
}

function needKey(scheme: KeyScheme, text: string): SchemeKey {
  const key = scheme.readKey(text);
  if (key === undefined) throw new Error("no key");
  return key;
}

function portKey(pem: string): PublicKey {
  const key = parsePublicKeyPem(pem);
  if (!key.ok) throw new Error(key.error.reason);
  return key.value;
}

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed25519Hex = bytesToHex(portKey(pemOf(ed25519.publicKey)).bytes);
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ed25519Order = 2n ** 252n + 27742317777372353535851937790883648493n;

const bigEndian = (value: bigint, bytes = 32): Uint8Array => hexToBytes(value.toString(16).padStart(2 * bytes, "0"));
const asNumber = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);

describe.each(cryptos)("signatures that are none, by %s", (_, crypto) => {
  const good = new Uint8Array(sign(null, message, ed25519.privateKey));
  const key = needKey(ed25519Scheme, ed25519Hex);
  const s = asNumber(good.slice(32).reverse());

  test("Ed25519, the right one", () => {
    expect(key.verify(message, good, crypto)).toBe(true);
    expect(needKey(ed25519Scheme, pemOf(ed25519.publicKey)).verify(message, good, crypto)).toBe(true);
  });

  test.each<readonly [string, Uint8Array]>([
    ["empty", new Uint8Array(0)],
    ["short by a byte", good.subarray(0, 63)],
    ["a byte more", concatBytes(good, new Uint8Array(1))],
    ["all zero", new Uint8Array(64)],
    ["R changed", good.with(0, (good[0] ?? 0) ^ 1)],
    ["s changed", good.with(32, (good[32] ?? 0) ^ 1)],
    ["s plus the order", concatBytes(good.subarray(0, 32), bigEndian(s + ed25519Order).reverse())],
    ["halves swapped", concatBytes(good.subarray(32), good.subarray(0, 32))],
    ["s zero", concatBytes(good.subarray(0, 32), new Uint8Array(32))],
  ])("Ed25519, %s", (_name, signature) => {
    expect(key.verify(message, signature, crypto)).toBe(false);
  });

  test("Ed25519, over other bytes", () => {
    expect(key.verify(message.subarray(1), good, crypto)).toBe(false);
  });

  test.each([
    ["the identity", `01${"00".repeat(31)}`],
    ["zero", "00".repeat(32)],
    ["of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["a y beyond the field", `ee${"ff".repeat(30)}7f`],
  ])("Ed25519, a key that everybody can sign for: %s", (_name, hex) => {
    expect(ed25519Scheme.readKey(hex)).toBeUndefined();
  });

  const der = new Uint8Array(sign("sha256", message, p256.privateKey));
  const raw = new Uint8Array(sign("sha256", message, { key: p256.privateKey, dsaEncoding: "ieee-p1363" }));
  const point = needKey(ecdsaP256Scheme, pemOf(p256.publicKey));
  const r = asNumber(raw.subarray(0, 32));
  const e = asNumber(raw.subarray(32));
  const pair = (first: bigint, second: bigint): Uint8Array =>
    derEcdsaSignature(concatBytes(bigEndian(first), bigEndian(second)));

  test("P-256, the right one, and its twin with the other s", () => {
    expect(point.verify(message, der, crypto)).toBe(true);
    expect(point.verify(message, derEcdsaSignature(raw), crypto)).toBe(true);
    // ECDSA is malleable; thresholds count keys, so a second spelling of s gains nothing.
    expect(point.verify(message, pair(r, p256Order - e), crypto)).toBe(true);
  });

  const integer = (bytes: readonly number[]): number[] => [0x02, bytes.length, ...bytes];
  const sequence = (...content: number[]): Uint8Array => new Uint8Array([0x30, content.length, ...content]);
  const minimal = (value: bigint): number[] => {
    const bytes = [...hexToBytes(value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), "0"))];
    return (bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes;
  };

  test.each<readonly [string, Uint8Array]>([
    ["empty", new Uint8Array(0)],
    ["raw instead of DER", raw],
    ["cut", der.subarray(0, -1)],
    ["bytes behind it", concatBytes(der, new Uint8Array([0]))],
    ["bytes inside", sequence(...integer(minimal(r)), ...integer(minimal(e)), 0x05, 0x00)],
    ["a length in long form", new Uint8Array([0x30, 0x81, der.length - 2, ...der.subarray(2)])],
    ["an indefinite length", new Uint8Array([0x30, 0x80, ...der.subarray(2), 0, 0])],
    ["a zero too many", sequence(...integer([0, 0, ...minimal(r)]), ...integer(minimal(e)))],
    ["a negative r", sequence(...integer([0x80, ...minimal(r)]), ...integer(minimal(e)))],
    ["r of no length", sequence(0x02, 0x00, ...integer(minimal(e)))],
    ["a bit string", sequence(0x03, ...integer(minimal(r)).slice(1), ...integer(minimal(e)))],
    ["a set", new Uint8Array([0x31, ...der.subarray(1)])],
    ["only r", sequence(...integer(minimal(r)))],
    ["r = 0, s = 0", pair(0n, 0n)],
    ["r = 0", pair(0n, e)],
    ["s = 0", pair(r, 0n)],
    ["r = s = 1", pair(1n, 1n)],
    ["r = order", pair(p256Order, e)],
    ["s = order", pair(r, p256Order)],
    ["s plus the order", sequence(...integer(minimal(r)), ...integer(minimal(e + p256Order)))],
    ["r and s swapped", pair(e, r)],
  ])("P-256, %s", (_name, signature) => {
    expect(point.verify(message, signature, crypto)).toBe(false);
  });
});

describe("keys", () => {
  test("a point and its other spellings are one holder, two points are not", () => {
    const pem = pemOf(p256.publicKey);
    const { bytes } = portKey(pem);
    const negative = concatBytes(bytes.subarray(0, 33), bigEndian(p256Field - asNumber(bytes.subarray(33))));
    const compressed = concatBytes(new Uint8Array([2]), bytes.subarray(1, 33));
    const material = needKey(ecdsaP256Scheme, pem).material;
    for (const text of [
      bytesToHex(bytes),
      bytesToHex(bytes).toUpperCase(),
      bytesToHex(negative),
      bytesToHex(compressed),
    ]) {
      expect(ecdsaP256Scheme.readKey(text)?.material).toBe(material);
    }
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(ecdsaP256Scheme.readKey(pemOf(other.publicKey))?.material).not.toBe(material);
  });

  test("a compressed point verifies nothing", () => {
    const { bytes } = portKey(pemOf(p256.publicKey));
    const compressed = concatBytes(new Uint8Array([2 + ((bytes[64] ?? 0) & 1)]), bytes.subarray(1, 33));
    const signature = new Uint8Array(sign("sha256", message, p256.privateKey));
    expect(needKey(ecdsaP256Scheme, bytesToHex(compressed)).verify(message, signature, nodeCrypto)).toBe(false);
  });

  test.each([
    ["of another scheme", pemOf(p256.publicKey), ed25519Scheme],
    ["of another curve", pemOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey), ecdsaP256Scheme],
    ["private", String(p256.privateKey.export({ format: "pem", type: "pkcs8" })), ecdsaP256Scheme],
    ["off the curve", `04${"11".repeat(64)}`, ecdsaP256Scheme],
    ["too short", ed25519Hex.slice(2), ed25519Scheme],
    ["no hex", "zz".repeat(32), ed25519Scheme],
    ["empty", "", ed25519Scheme],
  ])("a text that is no key: %s", (_, text, scheme) => {
    expect(scheme.readKey(text)).toBeUndefined();
  });

  test.each(["ed25519", "p256"] as const)("the id is the one of the COSE key: %s", (kind) => {
    const key = portKey(pemOf(kind === "ed25519" ? ed25519.publicKey : p256.publicKey));
    const object = tufKeyObject(key);
    const scheme = kind === "ed25519" ? ed25519Scheme : ecdsaP256Scheme;
    expect(object?.scheme).toBe(scheme.scheme);
    expect(scheme.readKey(object?.keyval.public ?? "")?.publicKey).toEqual(key);
    expect(tufKeyId(key, nodeCrypto)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("a P-384 key is not written", () => {
    const key = portKey(pemOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey));
    expect(tufKeyObject(key)).toBeUndefined();
  });

  test("ML-DSA-65, for who asks for it", () => {
    const pair = generateKeyPairSync("ml-dsa-65");
    const key = needKey(mlDsa65Scheme, pemOf(pair.publicKey));
    const signature = new Uint8Array(sign(null, message, pair.privateKey));
    expect(key.verify(message, signature, nodeCrypto)).toBe(true);
    expect(key.verify(message, signature.with(9, (signature[9] ?? 0) ^ 1), nodeCrypto)).toBe(false);
  });

  test("RSA-PSS, for who asks for it", () => {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = needKey(rsaPssScheme, pemOf(pair.publicKey));
    const signature = sign("sha256", message, { key: pair.privateKey, padding: 6, saltLength: 32 });
    expect(key.verify(message, signature, nodeCrypto)).toBe(true);
    expect(key.verify(message.subarray(1), signature, nodeCrypto)).toBe(false);
    const pkcs1 = sign("sha256", message, pair.privateKey);
    expect(key.verify(message, pkcs1, nodeCrypto)).toBe(false);
    expect(rsaPssScheme.readKey(pemOf(p256.publicKey))).toBeUndefined();
    expect(rsaPssScheme.readKey("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")).toBeUndefined();
    expect(rsaPssScheme.readKey(String(pair.privateKey.export({ format: "pem", type: "pkcs8" })))).toBeUndefined();
  });
});

const p256Field = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

describe("DER of ECDSA signatures", () => {
  test.each([
    ["small numbers", `${"00".repeat(31)}01${"00".repeat(31)}7f`],
    ["a leading bit", `${"ff".repeat(32)}${"80".padEnd(64, "0")}`],
    ["zeros", "00".repeat(64)],
  ])("there and back: %s", (_, hex) => {
    const raw = hexToBytes(hex);
    expect(rawEcdsaSignature(derEcdsaSignature(raw), 32)).toEqual(raw);
  });

  test.each([
    ["a zero too many before r", "3007020200010201 01"],
    ["a zero too many before s", "3007020101020200 01"],
    ["a number longer than the curve's", `3026022100${"7f".repeat(33).slice(0, 64)}020101`.replace("022100", "022101")],
  ])("one signature has one spelling: %s", (_, hex) => {
    expect(rawEcdsaSignature(hexToBytes(hex.replaceAll(" ", "")), 32)).toBeUndefined();
  });
});
