/** Key ids by another way: canonical JSON written by hand, hashed by `node:crypto`. */
import { createHash } from "node:crypto";
import { bytesToHex, hexToBytes, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { keyId } from "./key-id.ts";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** The public keys of RFC 8032 7.1 and RFC 6979 A.2.5. */
const cases: readonly { readonly key: PublicKey; readonly keyObject: string }[] = [
  {
    key: {
      scheme: "ed25519",
      bytes: hexToBytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    },
    keyObject:
      '{"keytype":"ed25519","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},"scheme":"ed25519"}',
  },
  {
    key: {
      scheme: "ecdsa-p256-sha256",
      bytes: hexToBytes(
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
      ),
    },
    keyObject: `{"keytype":"ecdsa","keyval":{"public":"-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
-----END PUBLIC KEY-----
"},"scheme":"ecdsa-sha2-nistp256"}`,
  },
];

describe.each(cases)("$key.scheme", ({ key, keyObject }) => {
  test("is the SHA-256 of the canonical TUF key object", () => {
    expect(bytesToHex(keyId(key, nodeCrypto))).toBe(sha256(keyObject));
    expect(bytesToHex(keyId(key, nobleCrypto))).toBe(sha256(keyObject));
  });

  test("changes with the key", () => {
    const other = { ...key, bytes: key.bytes.with(5, (key.bytes[5] ?? 0) ^ 1) };
    expect(keyId(other, nodeCrypto)).not.toEqual(keyId(key, nodeCrypto));
  });
});
