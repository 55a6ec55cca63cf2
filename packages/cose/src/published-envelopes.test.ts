/** Every COSE_Sign1 block in the published SUIT envelopes: to-be-signed bytes, signature, and the block written again. */
import { existsSync, readFileSync } from "node:fs";
import { type CborItem, decode, lookUp } from "@sumac/cbor";
import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { parsePublicKeyPem } from "./public-key.ts";
import { parseSign1, type Sign1, serializeSign1, verifySign1 } from "./sign1.ts";
import { toBeSigned } from "./to-be-signed.ts";

const folder = new URL("../../../../shared/vectors/suit/", import.meta.url);
const available = existsSync(new URL("INDEX.json", folder));
if (!available)
  console.warn("skipped: the published SUIT vectors are not at ../shared/vectors/suit beside the repository");

interface Index {
  readonly envelopes: readonly {
    readonly file: string;
    readonly wrapperDigestElementHex: string;
    readonly authBlocks: readonly {
      readonly type: string;
      readonly alg: number;
      readonly keyFile: string;
      readonly toBeSignedHex: string;
      readonly signatureHex: string;
    }[];
  }[];
}

const index: Index = available ? JSON.parse(readFileSync(new URL("INDEX.json", folder), "utf8")) : { envelopes: [] };
const blocks = index.envelopes.flatMap(({ file, wrapperDigestElementHex, authBlocks }) =>
  authBlocks
    .map((block, position) => ({
      ...block,
      file,
      position,
      payload: new Uint8Array(Buffer.from(wrapperDigestElementHex, "hex")),
    }))
    .filter(({ type }) => type === "COSE_Sign1"),
);

const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, folder)));

function item(bytes: Uint8Array, tags: readonly number[]): CborItem {
  const decoded = decode(bytes, { field: "vector", tags, mapOrder: "any" });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return decoded.value;
}

function bytesOf(found: CborItem | undefined): Uint8Array {
  if (found?.kind !== "bytes") throw new Error("expected a byte string");
  return found.value;
}

/** The encoded block at a position of the authentication wrapper, behind the digest. */
function blockBytes(envelope: Uint8Array, position: number): Uint8Array {
  const tagged = item(envelope, [107]);
  if (tagged.kind !== "tagged" || tagged.item.kind !== "map") throw new Error("expected an envelope");
  const wrapper = item(bytesOf(lookUp(tagged.item, 2)), []);
  if (wrapper.kind !== "array") throw new Error("expected a wrapper");
  return bytesOf(wrapper.items[position + 1]);
}

function sign1(encoded: Uint8Array): Sign1 {
  const parsed = parseSign1(item(encoded, [18]), "block");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

function publicKey(file: string): PublicKey {
  const key = parsePublicKeyPem(readFileSync(new URL(file, folder), "utf8"));
  if (!key.ok) throw new Error(JSON.stringify(key.error));
  return key.value;
}

test.skipIf(!available)("the index lists blocks with both the legacy and the current P-256 algorithm", () => {
  expect(new Set(blocks.map(({ alg }) => alg))).toEqual(new Set([-7, -9]));
  expect(blocks.length).toBeGreaterThanOrEqual(19);
});

describe.skipIf(!available).each(blocks)("$file", ({ file, position, alg, keyFile, payload, ...expected }) => {
  const encoded = blockBytes(read(file), position);
  const block = sign1(encoded);

  test("has the algorithm, the signature and the to-be-signed bytes of the index", () => {
    expect(block.algorithm).toBe(alg);
    expect(bytesToHex(block.signature)).toBe(expected.signatureHex);
    expect(bytesToHex(toBeSigned(block.protected, payload))).toBe(expected.toBeSignedHex);
  });

  test("is written again byte for byte", () => {
    expect(bytesToHex(serializeSign1(block))).toBe(bytesToHex(encoded));
  });

  test.each([nodeCrypto, nobleCrypto])("verifies, and no longer after any change of the payload", (crypto) => {
    const key = publicKey(keyFile);
    expect(verifySign1(block, key, payload, crypto)).toBe(true);
    expect(verifySign1(block, key, payload.with(-1, (payload.at(-1) ?? 0) ^ 1), crypto)).toBe(false);
  });
});
