import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { digestEquals, digestOf, encloseBytes, encodeDigest, manifestDigest, parseDigest } from "./digest.ts";

/** FIPS 180-2, "abc". */
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const bytes = new TextEncoder().encode("abc");

describe("SUIT_Digest", () => {
  test.each([
    ["sha-256", "822f5820"],
    ["sha-384", "82382a5830"],
    ["sha-512", "82382b5840"],
  ] as const)("%s is written with its label and read back", (algorithm, head) => {
    const digest = digestOf(nodeCrypto, algorithm, bytes);
    const encoded = encodeDigest(digest);
    expect(bytesToHex(encoded)).toBe(head + bytesToHex(digest.bytes));
    expect(parseDigest(encoded, "digest")).toEqual({ ok: true, value: digest });
  });

  test("covers the bytes given", () => {
    expect(bytesToHex(digestOf(nodeCrypto, "sha-256", bytes).bytes)).toBe(abc);
  });

  test("is the same only with the same algorithm and the same bytes", () => {
    const a = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;
    expect(digestEquals(a, { ...a, bytes: new Uint8Array(32) })).toBe(true);
    expect(digestEquals(a, { ...a, bytes: new Uint8Array(32).fill(1, 31) })).toBe(false);
    expect(digestEquals(a, { ...a, algorithm: "sha-512" })).toBe(false);
  });

  test.each([
    ["822f581f", 31, { code: "malformed", reason: "wrong-length", field: "d.bytes", offset: 2 }],
    ["822f5830", 48, { code: "malformed", reason: "wrong-length", field: "d.bytes", offset: 2 }],
    ["82315820", 32, { code: "unsupported", field: "d.algorithm", offset: 1, label: -18 }],
    ["81", 0, { code: "malformed", reason: "truncated", field: "d", offset: 0 }],
    ["a0", 0, { code: "malformed", reason: "wrong-type", field: "d", offset: 0 }],
  ])("%s with %i bytes is refused", (head, length, error) => {
    expect(parseDigest(Uint8Array.of(...hexToBytes(head), ...new Uint8Array(length)), "d")).toEqual({
      ok: false,
      error,
    });
  });
});

describe("the digest of a manifest", () => {
  test("covers the head of its byte string too", () => {
    const received = encloseBytes(bytes);
    expect(bytesToHex(received.encoded)).toBe("43616263");
    expect(received.contentOffset).toBe(1);
    const expected = digestOf(nodeCrypto, "sha-256", hexToBytes("43616263"));
    expect(manifestDigest(received, "sha-256", nodeCrypto)).toEqual(expected);
    expect(digestEquals(expected, digestOf(nodeCrypto, "sha-256", bytes))).toBe(false);
  });

  test("with a head of three bytes", () => {
    expect(encloseBytes(new Uint8Array(256)).contentOffset).toBe(3);
  });
});
