/** Key ids by another way: canonical JSON written by hand, hashed by `node:crypto`. */
import { createHash } from "node:crypto";
import { bytesToHex, hexToBytes, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { keyId } from "./key-id.ts";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** The public keys of RFC 8032 7.1, RFC 6979 A.2.5 and A.2.6. */
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
  {
    key: {
      scheme: "ecdsa-p384-sha384",
      bytes: hexToBytes(
        "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
      ),
    },
    keyObject: `{"keytype":"ecdsa","keyval":{"public":"-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7DpOQVtOGaRWhhgCn0J/pdqai8SukuAu
BqrlKGswDGTe+PDqkFWGYGSiVFFUgLwTgBXZty19VyROqO+awMYhiWcIpZNn+d+5
9UyoSz8cnbEoiyMcOuDU/nNE/SUzJkcg
-----END PUBLIC KEY-----
"},"scheme":"ecdsa-sha2-nistp384"}`,
  },
  // Any bytes of the right length are an ML-DSA key.
  {
    key: { scheme: "ml-dsa-65", bytes: new Uint8Array(1952).fill(0xab) },
    keyObject: `{"keytype":"ml-dsa","keyval":{"public":"${"ab".repeat(1952)}"},"scheme":"ml-dsa-65"}`,
  },
  {
    key: { scheme: "ml-dsa-87", bytes: new Uint8Array(2592).fill(0xcd) },
    keyObject: `{"keytype":"ml-dsa","keyval":{"public":"${"cd".repeat(2592)}"},"scheme":"ml-dsa-87"}`,
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
