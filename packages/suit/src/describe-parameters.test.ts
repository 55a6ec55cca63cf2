import { serializeEncrypt } from "@sumac/cose";
import { expect, test } from "vitest";
import { describeParameters, describeTime } from "./describe-parameters.ts";

const components = [[new TextEncoder().encode("app")]];
const keyId = (name: string): Uint8Array => new TextEncoder().encode(name);
const wrappedKey = new Uint8Array(24);

test("encryption is told by its cipher and by who can read it", () => {
  const encryptionInfo = serializeEncrypt(new Uint8Array(12), [
    { kind: "key-encryption", keyId: keyId("a"), keyLength: 16, wrappedKey },
    { kind: "key-encryption", keyId: keyId("b"), keyLength: 16, wrappedKey },
  ]);
  expect(describeParameters({ encryptionInfo }, { components })).toEqual([
    "encryption: A128GCM, readable with key 61 or key 62",
  ]);
});

test.each([
  [0n, "1970-01-01T00:00:00Z (0 seconds since 1970)"],
  [253402300799n, "9999-12-31T23:59:59Z (253402300799 seconds since 1970)"],
  [253402300800n, "253402300800 seconds since 1970"],
  [2n ** 64n - 1n, "18446744073709551615 seconds since 1970"],
])("%s seconds are a date where a calendar has one", (seconds, told) => {
  expect(describeTime(seconds)).toBe(told);
});
