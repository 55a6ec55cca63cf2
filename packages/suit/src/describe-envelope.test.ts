import { encode, Tagged } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { expect, test } from "vitest";
import { craftManifest, digestElement, map } from "./crafted-envelope.test.support.ts";
import { describeEnvelope } from "./describe-envelope.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { buildEnvelope, type EnvelopeParts } from "./serialize-envelope.ts";

function told(parts: Omit<EnvelopeParts, "digestElement" | "manifestBytes">): readonly string[] {
  const parsed = parseEnvelope(buildEnvelope({ digestElement, manifestBytes: craftManifest(), ...parts }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return describeEnvelope(parsed.value);
}

const sign1 = (algorithm: number | undefined, kid: string) =>
  encode(
    new Tagged(18, [
      algorithm === undefined ? new Uint8Array() : encode(map([[1, algorithm]])),
      map(kid === "" ? [] : [[4, hexToBytes(kid)]]),
      null,
      new Uint8Array(64),
    ]),
  );

test("an envelope in words: every signature, member and payload, none of them believed", () => {
  const kid = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  const mac = encode(new Tagged(17, [new Uint8Array(), map([]), null, new Uint8Array(32)]));
  const lines = told({
    blocks: [sign1(-19, kid), sign1(-46, ""), sign1(undefined, "ab"), mac],
    severed: new Map([["install", hexToBytes("820e00")]]),
    integratedPayloads: new Map([["#a\n", new Uint8Array(3)]]),
  });
  expect(lines[0]).toBe("format: draft-ietf-suit-manifest-37");
  expect(lines[1]).toMatch(/^envelope: \d+ bytes$/);
  expect(lines[2]).toBe("manifest: 23 bytes");
  expect(lines.slice(3)).toEqual([
    `claimed manifest digest: sha-256 ${"dd".repeat(32)}`,
    `signature 1: Ed25519 (-19), key ${kid}`,
    "signature 2: unknown algorithm (-46), no key id",
    "signature 3: no algorithm named, key ab",
    "signature 4: COSE mac0 (tag 17), not supported",
    "severed install: 3 bytes",
    'integrated payload "#a\\n": 3 bytes, covered by no signature itself',
  ]);
});

test("an unsigned envelope says so", () => {
  expect(told({ blocks: [] })).toContain("signatures: none");
});
