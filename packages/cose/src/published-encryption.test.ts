/** Every published encryption info of draft-ietf-suit-firmware-encryption with its ciphertext, against the index. */
import { existsSync, readFileSync } from "node:fs";
import { decode } from "@sumac/cbor";
import { agreementKey, bytesToHex, hexToBytes, keyEncryptionKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { describe, expect, test } from "vitest";
import { derivationContext, findContentKey, startDecryption } from "./content-key.ts";
import { type Encrypt, parseEncrypt } from "./encrypt.ts";
import { agreementHeader } from "./serialize-encrypt.ts";

const folder = new URL("../../../../shared/vectors/suit/", import.meta.url);
const available = existsSync(new URL("INDEX.json", folder));
if (!available)
  console.warn("skipped: the published SUIT vectors are not at ../shared/vectors/suit beside the repository");

interface Published {
  readonly encryptionInfo: string;
  readonly ciphertext: string;
  readonly keyDistribution: string;
  readonly contentAlg: number;
  readonly contentAlgName: string;
  readonly protectedHex: string;
  readonly ivHex: string;
  readonly wrappedCekHex: string;
  readonly recipientProtectedHex: string;
  readonly kid: string | null;
  readonly keyFile: string;
  readonly cekHex: string;
  readonly plaintextFile: string;
}

const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, folder)));
const text = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const hexFile = (file: string): Uint8Array => hexToBytes(text(file).replaceAll(/\s/g, ""));
const index: { readonly encryption: readonly Published[]; readonly kdfContextHex: string } = available
  ? JSON.parse(text("INDEX.json"))
  : { encryption: [], kdfContextHex: "" };

const base64url = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "base64url"));

function privateKey(file: string): RecipientKey {
  const jwk: { readonly kid: string; readonly k?: string; readonly d?: string } = JSON.parse(text(file));
  const keyId = new TextEncoder().encode(jwk.kid);
  if (jwk.k !== undefined) return keyEncryptionKey(keyId, base64url(jwk.k), nodeDecryption);
  return agreementKey(keyId, base64url(jwk.d ?? ""), nodeDecryption);
}

function encrypt(encoded: Uint8Array): Encrypt {
  const decoded = decode(encoded, { field: "e", tags: [96], mapOrder: "any" });
  const parsed = decoded.ok ? parseEncrypt(decoded.value, "e") : decoded;
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

test.skipIf(!available)("the index lists both ways to the key, with GCM and CTR", () => {
  expect(new Set(index.encryption.map((entry) => `${entry.keyDistribution} ${entry.contentAlgName}`)).size).toBe(4);
});

test.skipIf(!available)("the derivation context has the bytes of the index", () => {
  expect(bytesToHex(derivationContext(agreementHeader))).toBe(index.kdfContextHex);
});

describe.skipIf(!available).each(index.encryption)("$encryptionInfo", (published) => {
  const encoded = available ? hexFile(published.encryptionInfo) : new Uint8Array();
  const info = (): Encrypt => encrypt(encoded);

  test("says what the index says, and is kept byte for byte", () => {
    const { algorithm, iv, protected: header, recipients, encoded: kept } = info();
    const [recipient] = recipients;
    expect(recipients).toHaveLength(1);
    expect({
      contentAlg: algorithm.id,
      contentAlgName: algorithm.name,
      protectedHex: bytesToHex(header),
      ivHex: bytesToHex(iv),
      keyDistribution: `${recipient?.distribution.name} (${recipient?.distribution.id})`,
      recipientProtectedHex: bytesToHex(recipient?.protected ?? new Uint8Array()),
      wrappedCekHex: bytesToHex(recipient?.wrappedKey ?? new Uint8Array()),
      kid: recipient?.keyId === undefined ? null : new TextDecoder().decode(recipient.keyId),
    }).toEqual({
      contentAlg: published.contentAlg,
      contentAlgName: published.contentAlgName,
      protectedHex: published.protectedHex,
      ivHex: published.ivHex,
      keyDistribution: published.keyDistribution,
      recipientProtectedHex: published.recipientProtectedHex,
      wrappedCekHex: published.wrappedCekHex,
      kid: published.kid,
    });
    expect(kept).toEqual(encoded);
  });

  test("gives the content key of the index and the published plaintext", async () => {
    const found = await findContentKey(info(), [privateKey(published.keyFile)], nodeDecryption);
    if (!found.ok) throw new Error(JSON.stringify(found.error));
    expect(bytesToHex(found.value)).toBe(published.cekHex);
    const running = startDecryption(info(), found.value, nodeDecryption);
    expect(running.update(hexFile(published.ciphertext))).toEqual(read(published.plaintextFile));
    expect(running.finish()).toBe(true);
  });
});
