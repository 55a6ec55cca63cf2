import { concatBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { signedImage, testKey } from "./image.test.support.ts";
import { parseImage, startsLikeImage } from "./parse-image.ts";

const key = testKey("ed25519");
const dependency = { image: 2, minVersion: { major: 1, minor: 0, revision: 513, build: 9 } };
const slot = { size: 4096, align: 8, sectors: 16 };
const image = signedImage(key, { dependencies: [dependency], loadAddress: 0x2000, flags: ["ram-load"] });
/** Header area 64, payload 300, protected TLVs 4 + 8 + 16. */
const protectedAt = 364;
const tlvsAt = 392;
const padded = signedImage(key, { slot, pad: "confirm" });

test("what is in an image", () => {
  const parsed = parseImage(image);
  if (!parsed.ok) throw new Error(parsed.error.code);
  const { header, tlvs, payload, hashed, length, securityCounter, dependencies, trailer } = parsed.value;
  expect(header).toEqual({
    loadAddress: 0x2000,
    headerSize: 64,
    protectedSize: 28,
    imageSize: 300,
    flags: ["ram-load"],
    unknownFlags: 0,
    version: { major: 1, minor: 2, revision: 3, build: 4 },
  });
  expect(tlvs.map(({ area, name, offset }) => [area, name, offset])).toEqual([
    ["protected", "security-counter", 368],
    ["protected", "dependency", 376],
    ["unprotected", "sha256", 396],
    ["unprotected", "keyhash", 432],
    ["unprotected", "ed25519", 468],
  ]);
  expect(payload).toEqual(image.subarray(64, protectedAt));
  expect(hashed).toEqual(image.subarray(0, tlvsAt));
  expect([length, securityCounter, dependencies, trailer]).toEqual([image.length, 7, [dependency], undefined]);
});

test("flags without a name are kept", () => {
  const parsed = parseImage(image.with(19, 0x80));
  expect(parsed).toMatchObject({ ok: true, value: { header: { flags: ["ram-load"], unknownFlags: 0x80000000 } } });
});

describe("a slot with an image in it", () => {
  test("is told apart from an image", () => {
    expect(parseImage(padded)).toMatchObject({ ok: true, value: { trailer: { maxAlign: 8, imageOk: "confirmed" } } });
    const tried = signedImage(key, { slot: { ...slot, align: 16 }, pad: "test" });
    expect(parseImage(tried)).toMatchObject({ ok: true, value: { trailer: { maxAlign: 16, imageOk: "unset" } } });
  });

  test.each([
    ["a byte hidden in the padding", padded.with(2000, 0)],
    ["another trailer magic", padded.with(4095, 0)],
    ["image-ok that is neither", padded.with(4096 - 24, 2)],
    ["a trailer cut short", padded.subarray(0, 4090)],
    ["a wide magic with an alignment below 8", padded.with(4080, 4).with(4081, 0)],
  ])("%s", (_, bytes) => {
    expect(parseImage(bytes)).toMatchObject({
      ok: false,
      error: { code: "malformed-image", reason: "trailing-bytes", field: "padding" },
    });
  });
});

const set = (offset: number, ...bytes: number[]): Uint8Array => {
  const changed = Uint8Array.from(image);
  changed.set(bytes, offset);
  return changed;
};

describe("T-IMG-NON-AUTH malformed: field and offset", () => {
  test.each([
    ["empty", new Uint8Array(0), "truncated", "header", 0],
    ["three bytes", image.subarray(0, 3), "truncated", "header", 3],
    ["another magic", set(0, 0), "wrong-magic", "header", 0],
    ["the header cut", image.subarray(0, 31), "truncated", "header", 31],
    ["a header of less than 32 bytes", set(8, 31, 0), "wrong-value", "header-size", 8],
    ["the payload longer than the file", set(12, 0xff, 0xff, 0xff, 0xff), "truncated", "payload", image.length],
    ["a protected area of its head alone", set(10, 4, 0), "wrong-value", "protected-size", 10],
    ["a protected area that is not announced", set(10, 0, 0), "wrong-value", "protected-size", 10],
    ["a protected area longer than it says", set(10, 30, 0), "wrong-value", "protected-size", 10],
    ["another magic of the protected area", set(protectedAt, 0x07), "wrong-magic", "protected-tlvs", protectedAt],
    ["a protected TLV that leads into the next area", set(370, 25, 0), "overrun", "protected-tlvs", 368],
    ["a security counter of 3 bytes", shortCounter(), "wrong-value", "security-counter", 368],
    [
      "two security counters",
      set(376, 0x50, 0, 4, 0, 1, 0, 0, 0, 0xa0, 0, 4, 0, 0, 0, 0, 0),
      "repeated",
      "security-counter",
      376,
    ],
    [
      "a dependency of 8 bytes",
      set(378, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0, 0, 0),
      "wrong-value",
      "dependency",
      376,
    ],
    ["another magic of the TLVs", set(tlvsAt, 0x08), "wrong-magic", "tlvs", tlvsAt],
    ["TLVs shorter than their head", set(tlvsAt + 2, 3, 0), "wrong-value", "tlvs", tlvsAt + 2],
    ["TLVs longer than the file", set(tlvsAt + 2, 0xff, 0xff), "truncated", "tlvs", image.length],
    ["a TLV that leads beyond its area", set(470, 65, 0), "overrun", "tlvs", 468],
    ["a byte behind the image", concatBytes(image, Uint8Array.of(0)), "trailing-bytes", "padding", image.length],
  ] as const)("%s", (_, bytes, reason, field, offset) => {
    expect(parseImage(bytes)).toEqual({ ok: false, error: { code: "malformed-image", reason, field, offset } });
  });
});

/** The counter one byte shorter, and that byte in a TLV of a vendor behind it... which fills the area again. */
function shortCounter(): Uint8Array {
  return set(370, 3, 0, 7, 0, 0, 0xa0, 0, 13, 0);
}

test("a file that begins like an image is recognised", () => {
  expect(startsLikeImage(image)).toBe(true);
  expect(startsLikeImage(image.subarray(0, 3))).toBe(false);
  expect(startsLikeImage(new Uint8Array(100))).toBe(false);
});
