import { decode } from "@sumac/cbor";
import { agreementKey, bytesToHex, keyEncryptionKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { describe, expect, test } from "vitest";
import { agreedKey, encryptedData, findContentKey, startDecryption } from "./content-key.ts";
import { type Encrypt, parseEncrypt } from "./encrypt.ts";
import { agreementHeader, contentHeader, type RecipientInput, serializeEncrypt } from "./serialize-encrypt.ts";

const contentKey = new Uint8Array(16).fill(0xce);
const iv = new Uint8Array(12).fill(0x1f);
const id = (text: string): Uint8Array => new TextEncoder().encode(text);

/** SP 800-186 3.2.1.3: the base point, so the public key of the private key 1; doubled for 2. */
const one = new Uint8Array(32).with(31, 1);
const two = new Uint8Array(32).with(31, 2);
const basePoint = Uint8Array.from(
  Buffer.from(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "hex",
  ),
);

const secret = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const kek = (name: string, length: number, fill: number): RecipientKey =>
  keyEncryptionKey(id(name), secret(length, fill), nodeDecryption);
const pair = (name: string, key: Uint8Array): RecipientKey => agreementKey(id(name), key, nodeDecryption);

const wrappedFor = (name: string, keyLength: 16 | 32, fill: number): RecipientInput => ({
  kind: "key-encryption",
  keyId: id(name),
  keyLength,
  wrappedKey: nodeEncryption.wrapKey(secret(keyLength, fill), contentKey),
});

function agreedFor(name: string, point: Uint8Array): RecipientInput {
  const agreement = nodeEncryption.agreeOnce(point);
  if (agreement === undefined) throw new Error("the point is refused");
  const { ephemeralPoint, sharedSecret } = agreement;
  const wrappedKey = nodeEncryption.wrapKey(agreedKey(sharedSecret, agreementHeader), contentKey);
  return { kind: "agreement", keyId: id(name), ephemeralPoint, wrappedKey };
}

function encryptFor(...recipients: readonly RecipientInput[]): Encrypt {
  const decoded = decode(serializeEncrypt(iv, recipients), { field: "e", tags: [96] });
  const parsed = decoded.ok ? parseEncrypt(decoded.value, "e") : decoded;
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const find = (encrypt: Encrypt, ...keys: readonly RecipientKey[]): ReturnType<typeof findContentKey> =>
  findContentKey(encrypt, keys, nodeDecryption);

describe("what is written for a recipient, the recipient opens", () => {
  test.each([
    ["a key of 16 bytes", wrappedFor("a", 16, 1), kek("a", 16, 1)],
    ["a key of 32 bytes", wrappedFor("a", 32, 1), kek("a", 32, 1)],
    ["a key pair", agreedFor("a", basePoint), pair("a", one)],
  ])("%s", async (_, recipient, key) => {
    expect(await find(encryptFor(recipient), key)).toEqual({ ok: true, value: contentKey });
  });

  test("the second of several recipients, by the third of several keys", async () => {
    const encrypt = encryptFor(wrappedFor("a", 16, 1), agreedFor("b", basePoint), wrappedFor("c", 32, 1));
    const found = await find(encrypt, kek("x", 16, 1), pair("y", one), pair("b", one));
    expect(found).toEqual({ ok: true, value: contentKey });
  });

  test("a recipient without key id is tried with every key of its kind", async () => {
    const encrypt = encryptFor(wrappedFor("a", 16, 1), agreedFor("b", basePoint));
    const nameless: Encrypt = {
      ...encrypt,
      recipients: encrypt.recipients.map(({ keyId: _, ...recipient }) => recipient),
    };
    expect(await find(nameless, kek("x", 16, 9), pair("y", two), kek("z", 16, 1))).toMatchObject({ ok: true });
    expect(await find(nameless, kek("x", 16, 9), pair("y", one))).toMatchObject({ ok: true });
  });
});

describe("refuses", () => {
  const noKey = { ok: false, error: { code: "no-decryption-key", recipients: [bytesToHex(id("a"))] } };
  const wrongKey = { ok: false, error: { code: "decryption-failed", because: "key-unwrap" } };

  test.each([
    ["no keys at all", wrappedFor("a", 16, 1), []],
    ["a key of another id", wrappedFor("a", 16, 1), [kek("b", 16, 1)]],
    ["a key of another kind under the id", wrappedFor("a", 16, 1), [pair("a", one)]],
    ["a key pair in the place of a shared key", agreedFor("a", basePoint), [kek("a", 16, 1)]],
    ["a key of another length under the id", wrappedFor("a", 32, 1), [kek("a", 16, 1)]],
  ])("%s", async (_, recipient, keys) => {
    expect(await find(encryptFor(recipient), ...keys)).toEqual(noKey);
  });

  test.each([
    ["another key under the id", wrappedFor("a", 16, 1), kek("a", 16, 2)],
    ["another private key under the id", agreedFor("a", basePoint), pair("a", two)],
    ["a wrapped key that was changed", { ...wrappedFor("a", 16, 1), wrappedKey: secret(24, 5) }, kek("a", 16, 1)],
    [
      "a wrapped key that was changed, agreed",
      { ...agreedFor("a", basePoint), wrappedKey: secret(24, 5) },
      pair("a", one),
    ],
  ])("%s", async (_, recipient, key) => {
    expect(await find(encryptFor(recipient), key)).toEqual(wrongKey);
  });

  test("a key wrapped under another purpose: the derivation covers the recipient's header", async () => {
    const encrypt = encryptFor(agreedFor("a", basePoint));
    const [recipient] = encrypt.recipients;
    if (recipient === undefined) throw new Error("no recipient");
    const moved = { ...encrypt, recipients: [{ ...recipient, protected: contentHeader }] };
    expect(await find(moved, pair("a", one))).toEqual(wrongKey);
  });

  test("names all recipients, with nothing for one without id", async () => {
    const encrypt = encryptFor(wrappedFor("a", 16, 1), wrappedFor("b", 16, 1));
    const [first, second] = encrypt.recipients;
    if (first === undefined || second === undefined) throw new Error("no recipient");
    const { keyId: _, ...nameless } = { ...second, kind: "agreement" as const, ephemeralPoint: basePoint };
    expect(await find({ ...encrypt, recipients: [first, nameless] })).toEqual({
      ok: false,
      error: { code: "no-decryption-key", recipients: [bytesToHex(id("a")), ""] },
    });
  });
});

test("the payload decrypts under the protected header, and under no other", () => {
  const encrypt = encryptFor(wrappedFor("a", 16, 1));
  const additionalData = encryptedData(contentHeader);
  const running = nodeEncryption.start({ cipher: "aes-128-gcm", key: contentKey, iv, additionalData });
  const ciphertext = Uint8Array.of(...running.update(id("firmware")), ...running.finish());
  for (const [header, intact] of [
    [encrypt.protected, true],
    [agreementHeader, false],
  ] as const) {
    const decryption = startDecryption({ ...encrypt, protected: header }, contentKey, nodeDecryption);
    expect(decryption.update(ciphertext)).toEqual(id("firmware"));
    expect(decryption.finish()).toBe(intact);
  }
});

test("something encrypted for nobody is a bug", () => {
  expect(() => serializeEncrypt(iv, [])).toThrow(RangeError);
});
