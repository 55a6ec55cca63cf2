import { concatBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { type ImageInput, layOutImage } from "./build-image.ts";
import { explainImage } from "./explain.ts";
import { imageInput, signedImage, testKey } from "./image.test.support.ts";
import { parseImage } from "./parse-image.ts";

const ed = testKey("ed25519");
const ec = testKey("ecdsa-p256-sha256");
const p384 = { scheme: "ecdsa-p384-sha384", bytes: new Uint8Array(97) } as const;
const version = imageInput(ed).version;

describe("refused before anything is signed", () => {
  test.each<[string, Partial<ImageInput>, object]>([
    ["no payload", { payload: new Uint8Array(0) }, { code: "payload-empty" }],
    [
      "nothing behind the reserved header",
      { headerSpace: "reserved", payload: new Uint8Array(64) },
      { code: "payload-empty" },
    ],
    ["an image again", { payload: signedImage(ed) }, { code: "already-an-image" }],
    [
      "code where the header should go",
      { headerSpace: "reserved", payload: new Uint8Array(80).fill(1) },
      { code: "header-space-used", offset: 0 },
    ],
    [
      "one byte of it",
      { headerSpace: "reserved", payload: new Uint8Array(80).with(63, 1) },
      { code: "header-space-used", offset: 63 },
    ],
    [
      "a header too short",
      { headerSize: 31 },
      { code: "number-out-of-range", field: "header-size", value: 31, limit: 32 },
    ],
    [
      "a header too long",
      { headerSize: 0x10000 },
      { code: "number-out-of-range", field: "header-size", value: 0x10000, limit: 0xffff },
    ],
    [
      "a version too high",
      { version: { ...version, major: 256 } },
      { code: "number-out-of-range", field: "version.major", value: 256, limit: 255 },
    ],
    [
      "a counter too high",
      { securityCounter: 2 ** 32 },
      { code: "number-out-of-range", field: "security-counter", value: 2 ** 32, limit: 0xffffffff },
    ],
    [
      "half a counter",
      { securityCounter: 1.5 },
      { code: "number-out-of-range", field: "security-counter", value: 1.5, limit: 0xffffffff },
    ],
    [
      "a counter below zero",
      { securityCounter: -1 },
      { code: "number-out-of-range", field: "security-counter", value: -1, limit: 0xffffffff },
    ],
    [
      "a dependency on an image too high",
      { dependencies: [{ image: 256, minVersion: version }] },
      { code: "number-out-of-range", field: "dependency.image", value: 256, limit: 255 },
    ],
    [
      "a TLV that is MCUboot's",
      { vendorTlvs: [{ type: 0x50, value: new Uint8Array(4) }] },
      { code: "tlv-not-for-vendors", type: 0x50 },
    ],
    [
      "TLVs that fill more than their area",
      { vendorTlvs: [{ type: 0xa0, value: new Uint8Array(65530) }] },
      { code: "number-out-of-range", field: "protected-tlvs", value: 65546, limit: 0xffff },
    ],
    ["padding without a slot", { pad: "test" }, { code: "slot-needed" }],
    [
      "a slot too small by one byte",
      { slot: { size: 64 + 300 + 12 + 144 + 431, align: 8, sectors: 16 } },
      { code: "image-too-large", size: 520, limit: 519 },
    ],
    [
      "ECDSA over the image",
      { signature: { key: ec.publicKey, kind: "pure" } },
      { code: "algorithm-not-possible", scheme: "ecdsa-p256-sha256", kind: "pure" },
    ],
    [
      "ECDSA P-256 over SHA-512",
      { signature: { key: ec.publicKey, kind: "digest", digest: "sha-512" } },
      { code: "algorithm-not-possible", scheme: "ecdsa-p256-sha256", kind: "digest" },
    ],
    [
      "another curve",
      { signature: { key: p384, kind: "digest" } },
      { code: "algorithm-not-possible", scheme: "ecdsa-p384-sha384", kind: "digest" },
    ],
  ])("%s", (_, change, error) => {
    const laidOut = layOutImage(imageInput(ed, change), nodeCrypto);
    expect(laidOut).toEqual({ ok: false, error });
    if (!laidOut.ok) expect(explainImage(laidOut.error).problem).toMatch(/^[a-z]/);
  });
});

test("room for the header in the payload gives the same image as a header before it", () => {
  const { payload } = imageInput(ed);
  const erased = concatBytes(new Uint8Array(64).fill(0xff), payload);
  expect(signedImage(ed, { headerSpace: "reserved", payload: erased })).toEqual(signedImage(ed));
  const zeros = parseImage(
    signedImage(ed, { headerSpace: "reserved", payload: concatBytes(new Uint8Array(64), payload) }),
  );
  if (!zeros.ok) throw new Error(zeros.error.code);
  expect(zeros.value.payload).toEqual(payload);
});

test("a signature of another length is a bug, not an image", () => {
  const laidOut = layOutImage(imageInput(ed), nodeCrypto);
  if (!laidOut.ok) throw new Error(laidOut.error.code);
  expect(() => laidOut.value.finish(new Uint8Array(63))).toThrow(RangeError);
});
