import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allExtensions } from "./crafted-manifest.test.support.ts";
import { describeEnvelope } from "./describe-envelope.ts";
import { describeManifest } from "./describe-manifest.ts";
import { digestEquals, manifestDigest } from "./digest.ts";
import { parseIntegratedEnvelope } from "./integrated-dependency.ts";
import type { Limits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { resolveSeverable } from "./resolve-severable.ts";
import { serializeEnvelope } from "./serialize-envelope.ts";
import { serializeManifest } from "./serialize-manifest.ts";

/**
 * Takes a file through everything that reads one, and checks what must hold for any file that is accepted: it is
 * written again byte for byte. The answer is where it was refused, or how far damage in it shows.
 */
function read(file: Uint8Array, limits?: Limits): "refused" | "digest-differs" | "member-refused" | "whole" {
  const envelope = parseEnvelope(file, limits);
  if (!envelope.ok) return "refused";
  describeEnvelope(envelope.value);
  if (bytesToHex(serializeEnvelope(envelope.value)) !== bytesToHex(file))
    throw new Error("envelope written differently");
  for (const uri of envelope.value.integratedPayloads.keys()) {
    const inner = parseIntegratedEnvelope(envelope.value, uri, limits);
    if (inner?.ok) describeEnvelope(inner.value, { offsets: "shown" });
  }
  const manifest = parseManifest(envelope.value.manifest, limits);
  if (!manifest.ok) return "refused";
  const { encoded } = manifest.value;
  if (bytesToHex(serializeManifest(manifest.value)) !== bytesToHex(encoded))
    throw new Error("manifest written differently");
  const { digest } = envelope.value;
  const members = resolveSeverable(envelope.value, manifest.value, nodeCrypto, limits);
  describeManifest(manifest.value, members.ok ? members.value : {}, { offsets: "shown" });
  if (!digestEquals(manifestDigest(envelope.value.manifest, digest.algorithm, nodeCrypto), digest))
    return "digest-differs";
  return members.ok ? "whole" : "member-refused";
}

const flip = (file: Uint8Array, bit: number) => file.with(bit >> 3, (file[bit >> 3] as number) ^ (1 << (bit & 7)));

describe.skipIf(vectorsAbsent)("a damaged file", () => {
  for (const name of ["draft-37/example0.signed.cbor", "draft-37/example2.signed.cbor"]) {
    const file = vectorsAbsent ? new Uint8Array() : vectorBytes(name);

    test(`${name}: cut anywhere is refused`, () => {
      expect(read(file)).toBe("whole");
      for (let length = 0; length < file.length; length++)
        expect(parseEnvelope(file.subarray(0, length)).ok).toBe(false);
    });

    test(`${name}: with any bit flipped never throws, and only a flip in the authentication block goes unnoticed`, {
      timeout: 60_000,
    }, () => {
      const { blocks } = unwrapEnvelope(file);
      const [block] = blocks;
      const start = block?.offset ?? 0;
      const unnoticed: number[] = [];
      for (let bit = 0; bit < file.length * 8; bit++) {
        const at = bit >> 3;
        const inBlock = at >= start && at < start + (block?.encoded.length ?? 0);
        if (read(flip(file, bit)) === "whole" && !inBlock) unnoticed.push(bit);
      }
      expect(unnoticed).toEqual([]);
    });

    test(`${name}: with bytes changed, inserted and removed at random never throws`, () => {
      const edit = fc.record({ at: fc.nat(file.length), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) });
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
          let damaged = Array.from(file);
          for (const { at, remove, insert } of edits) damaged = damaged.toSpliced(at, remove, ...insert);
          read(Uint8Array.from(damaged));
        }),
        { numRuns: 500 },
      );
    });
  }
});

test.skipIf(vectorsAbsent)("an envelope with a dependency inside, with any bit flipped, never throws", () => {
  const file = vectorsAbsent ? new Uint8Array() : vectorBytes("trust-domains/example2_integrated.cbor");
  expect(read(file, allExtensions)).toBe("whole");
  for (let bit = 0; bit < file.length * 8; bit++) read(flip(file, bit), allExtensions);
});

function unwrapEnvelope(file: Uint8Array) {
  const envelope = parseEnvelope(file);
  if (!envelope.ok) throw new Error(envelope.error.code);
  return envelope.value;
}

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      read(bytes);
      read(Uint8Array.of(0xd8, 0x6b, ...bytes));
    }),
    { numRuns: 1000 },
  );
});
