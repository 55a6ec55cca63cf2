import { decode, type MalformedReason } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { parseEmbeddedSign1, serializeEmbeddedSign1 } from "./embedded-sign1.ts";

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ""));

function parse(structure: string): ReturnType<typeof parseEmbeddedSign1> {
  const decoded = decode(hex(structure), { field: "r", tags: [18, 98], mapOrder: "any", baseOffset: 100 });
  return decoded.ok ? parseEmbeddedSign1(decoded.value, "r") : decoded;
}

test("gives the payload, where it starts, and the block as if it were detached", () => {
  expect(parse("d2 84 43a10128 a1 04 42aabb 43010203 41ee")).toEqual({
    ok: true,
    value: {
      sign1: {
        algorithm: -9,
        keyId: hex("aabb"),
        protected: hex("a10128"),
        unprotected: hex("a10442aabb"),
        signature: hex("ee"),
      },
      payload: hex("010203"),
      payloadOffset: 112,
    },
  });
});

test("is written again byte for byte", () => {
  const structure = hex("d2 84 43a10128 a2 616b 00 04 42aabb 43010203 41ee");
  const parsed = parse(bytesToHex(structure));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  expect(serializeEmbeddedSign1(parsed.value.sign1, parsed.value.payload)).toEqual(structure);
});

describe("refuses", () => {
  test.each<{ name: string; structure: string; reason: MalformedReason; field: string; at: number }>([
    { name: "no tag", structure: "84 43a10128 a0 4101 41ee", reason: "wrong-type", field: "r", at: 0 },
    { name: "another tag", structure: "d862 84 43a10128 a0 4101 41ee", reason: "wrong-value", field: "r", at: 0 },
    { name: "a map in the tag", structure: "d2 a0", reason: "wrong-type", field: "r", at: 1 },
    { name: "two elements", structure: "d2 82 43a10128 a0", reason: "wrong-length", field: "r", at: 1 },
    { name: "three elements", structure: "d2 83 43a10128 a0 4101", reason: "wrong-length", field: "r", at: 1 },
    { name: "five elements", structure: "d2 85 43a10128 a0 4101 41ee 00", reason: "wrong-length", field: "r", at: 1 },
    { name: "no payload", structure: "d2 84 43a10128 a0 f6 41ee", reason: "wrong-type", field: "r.payload", at: 7 },
    {
      name: "an algorithm that is not protected",
      structure: "d2 84 40 a1 01 28 4101 41ee",
      reason: "not-allowed-here",
      field: "r.unprotected.alg",
      at: 5,
    },
    {
      name: "an empty signature",
      structure: "d2 84 43a10128 a0 4101 40",
      reason: "wrong-length",
      field: "r.signature",
      at: 9,
    },
  ])("$name", ({ structure, reason, field, at }) => {
    expect(parse(structure)).toEqual({ ok: false, error: { code: "malformed", reason, field, offset: 100 + at } });
  });
});
