import { createECDH } from "node:crypto";
import { findContentKey, startDecryption } from "@sumac/cose";
import { agreementKey, bytesToHex, keyEncryptionKey, type PublicKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { parseEncryptionInfo } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { type EncryptedPayload, encryptPayload, type PayloadRecipient } from "./encrypt-payload.ts";
import { explain } from "./explain.ts";

const image = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff);
const id = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A device: what the vendor knows of it, and what only it knows. */
interface Device {
  readonly recipient: PayloadRecipient;
  readonly key: RecipientKey;
}

function sharing(name: string, length: 16 | 32): Device {
  const secret = nodeEncryption.randomBytes(length);
  return {
    recipient: { kind: "key-encryption", keyId: id(name), secret },
    key: keyEncryptionKey(id(name), secret, nodeDecryption),
  };
}

function withPair(name: string): Device {
  const ecdh = createECDH("prime256v1");
  const publicKey: PublicKey = { scheme: "ecdsa-p256-sha256", bytes: new Uint8Array(ecdh.generateKeys()) };
  return {
    recipient: { kind: "agreement", keyId: id(name), publicKey },
    key: agreementKey(id(name), new Uint8Array(ecdh.getPrivateKey()), nodeDecryption),
  };
}

function encrypted(...devices: readonly Device[]): EncryptedPayload {
  const result = encryptPayload(
    image,
    devices.map(({ recipient }) => recipient),
    nodeEncryption,
  );
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

/** What a device makes of it; undefined if it has no key. */
async function decrypted({ ciphertext, encryptionInfo }: EncryptedPayload, { key }: Device): Promise<unknown> {
  const info = parseEncryptionInfo(encryptionInfo, 0);
  if (!info.ok) throw new Error(info.error.code);
  const contentKey = await findContentKey(info.value, [key], nodeDecryption);
  if (!contentKey.ok) return undefined;
  const running = startDecryption(info.value, contentKey.value, nodeDecryption);
  const plaintext = running.update(ciphertext);
  return running.finish() ? plaintext : "altered";
}

describe("an encrypted payload", () => {
  const devices = [sharing("a", 16), sharing("b", 32), withPair("c"), withPair("d")];

  test("is read by every recipient, and by nobody else", async () => {
    const payload = encrypted(...devices);
    for (const device of devices) expect(await decrypted(payload, device)).toEqual(image);
    for (const stranger of [sharing("a", 16), withPair("c"), withPair("e")]) {
      expect(await decrypted(payload, stranger)).toBeUndefined();
    }
  });

  test("holds nothing of the image in the clear", () => {
    const { ciphertext } = encrypted(...devices);
    expect(ciphertext).toHaveLength(image.length + 16);
    expect(bytesToHex(ciphertext)).not.toContain(bytesToHex(image.subarray(0, 8)));
  });

  test("has a key and an IV of its own each time", () => {
    const payloads = [encrypted(...devices), encrypted(...devices)];
    const [first, second] = payloads.map(({ encryptionInfo }) => parseEncryptionInfo(encryptionInfo, 0));
    if (!first?.ok || !second?.ok) throw new Error("not read back");
    expect(first.value.iv).not.toEqual(second.value.iv);
    first.value.recipients.forEach(({ wrappedKey }, i) => {
      expect(wrappedKey).not.toEqual(second.value.recipients[i]?.wrappedKey);
    });
    expect(new Set(payloads.map(({ ciphertext }) => bytesToHex(ciphertext))).size).toBe(2);
  });
});

describe("refuses", () => {
  const good = sharing("a", 16).recipient;
  const offCurve = new Uint8Array(65).fill(4);
  const point = new Uint8Array(createECDH("prime256v1").generateKeys());
  test.each<[string, Uint8Array, readonly PayloadRecipient[], object]>([
    ["an empty image", new Uint8Array(), [good], { code: "image-empty" }],
    ["nobody to read it", image, [], { code: "recipients-missing" }],
    ["a key id twice", image, [good, withPair("a").recipient], { code: "recipient-duplicate", keyId: "61" }],
    [
      "a secret of 24 bytes",
      image,
      [{ kind: "key-encryption", keyId: id("a"), secret: new Uint8Array(24) }],
      { code: "recipient-key-unusable", keyId: "61", fault: "secret-length" },
    ],
    [
      "an Ed25519 key",
      image,
      [{ kind: "agreement", keyId: id("a"), publicKey: { scheme: "ed25519", bytes: new Uint8Array(32) } }],
      { code: "recipient-key-unusable", keyId: "61", fault: "not-p256" },
    ],
    [
      "a point under the name of another scheme",
      image,
      [{ kind: "agreement", keyId: id("a"), publicKey: { scheme: "ed25519", bytes: point } }],
      { code: "recipient-key-unusable", keyId: "61", fault: "not-p256" },
    ],
    [
      "a point off the curve",
      image,
      [{ kind: "agreement", keyId: id("a"), publicKey: { scheme: "ecdsa-p256-sha256", bytes: offCurve } }],
      { code: "recipient-key-unusable", keyId: "61", fault: "not-p256" },
    ],
  ])("%s, with words for it", (_, plaintext, recipients, error) => {
    const result = encryptPayload(plaintext, recipients, nodeEncryption);
    expect(result).toEqual({ ok: false, error });
    if (result.ok) return;
    expect(explain(result.error).problem).toMatch(/^[a-z]/);
    expect(explain(result.error).remedy).toMatch(/^[a-z]/);
  });
});
