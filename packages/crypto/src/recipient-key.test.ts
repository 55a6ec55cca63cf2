import { describe, expect, test } from "vitest";
import { nodeDecryption } from "./node-decryption.ts";
import { nodeEncryption } from "./node-encryption.ts";
import { agreementKey, keyEncryptionKey } from "./recipient-key.ts";

const keyId = Uint8Array.of(1, 2);

describe.each([16, 32] as const)("a key encryption key of %i bytes", (length) => {
  const secret = new Uint8Array(length).fill(7);
  const wrapped = nodeEncryption.wrapKey(secret, new Uint8Array(16).fill(9));

  test("unwraps what was wrapped by it, and nothing else", async () => {
    const key = keyEncryptionKey(keyId, secret, nodeDecryption);
    expect(key).toMatchObject({ kind: "key-encryption", keyId, keyLength: length });
    expect(await key.unwrap(wrapped)).toEqual(new Uint8Array(16).fill(9));
    expect(await key.unwrap(wrapped.with(0, (wrapped[0] ?? 0) ^ 1))).toBeUndefined();
  });

  test("does not change with the caller's buffers", async () => {
    const [ownSecret, ownId] = [secret.slice(), keyId.slice()];
    const key = keyEncryptionKey(ownId, ownSecret, nodeDecryption);
    ownSecret.fill(0);
    ownId.fill(0);
    expect(key.keyId).toEqual(keyId);
    expect(await key.unwrap(wrapped)).toBeDefined();
  });

  test("shows nothing secret when it is printed", () => {
    const key = keyEncryptionKey(keyId, secret, nodeDecryption);
    expect(Object.keys(key).sort()).toEqual(["keyId", "keyLength", "kind", "unwrap"]);
  });
});

describe("an agreement key", () => {
  const privateKey = new Uint8Array(32).fill(7);

  test("agrees with points on the curve only, and keeps its own copy", async () => {
    const own = privateKey.slice();
    const key = agreementKey(keyId, own, nodeDecryption);
    own.fill(1);
    const point = nodeEncryption.agreeOnce(basePoint)?.ephemeralPoint ?? new Uint8Array();
    expect(await key.agree(point)).toEqual(nodeDecryption.agree(privateKey, point));
    expect(await key.agree(new Uint8Array(65))).toBeUndefined();
    expect(Object.keys(key).sort()).toEqual(["agree", "keyId", "kind"]);
  });
});

test.each([0, 15, 17, 24])("a secret of %i bytes makes no key", (length) => {
  expect(() => keyEncryptionKey(keyId, new Uint8Array(length), nodeDecryption)).toThrow(RangeError);
  expect(() => agreementKey(keyId, new Uint8Array(length), nodeDecryption)).toThrow(RangeError);
});

/** SP 800-186 3.2.1.3: G. */
const basePoint = Uint8Array.from(
  Buffer.from(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "hex",
  ),
);
