import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allExtensions } from "./crafted-manifest.test.support.ts";
import { encloseBytes } from "./digest.ts";
import { draftExamples } from "./draft-examples.test.support.ts";
import type { Manifest } from "./manifest.ts";
import { manifestArbitrary, withoutOrigin } from "./manifest-arbitrary.test.support.ts";
import type { ManifestInput } from "./manifest-input.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { publishedEnvelopes, vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { serializeManifest } from "./serialize-manifest.ts";
import { severMembers } from "./sever.ts";

function published(file: string): Manifest {
  const envelope = parseEnvelope(vectorBytes(file));
  if (!envelope.ok) throw new Error(envelope.error.code);
  const manifest = parseManifest(envelope.value.manifest, allExtensions);
  if (!manifest.ok) throw new Error(manifest.error.code);
  return manifest.value;
}

describe.skipIf(vectorsAbsent)("published manifests", () => {
  for (const { file } of ["draft-37", "libcsuit", "trust-domains", "firmware-encryption"].flatMap(publishedEnvelopes)) {
    test(`${file} parsed and serialized is the same bytes`, () => {
      const manifest = published(file);
      expect(bytesToHex(serializeManifest(manifest))).toBe(bytesToHex(manifest.encoded));
    });
  }

  test.each([0, 1, 2, 3, 4, 5])("example %i built from its description is the same bytes", (example) => {
    const description = draftExamples[example] as ManifestInput;
    const { manifest } = severMembers(description, example === 2 ? ["install", "text"] : [], "sha-256", nodeCrypto);
    const { encoded } = published(`draft-37/example${example}.signed.cbor`);
    expect(bytesToHex(serializeManifest(manifest))).toBe(bytesToHex(encoded));
  });
});

describe("serialize", () => {
  test("then parse gives the same manifest", () => {
    fc.assert(
      fc.property(manifestArbitrary, (manifest) => {
        const encoded = serializeManifest(manifest);
        const parsed = parseManifest(encloseBytes(encoded), allExtensions);
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
        expect(withoutOrigin(parsed.value)).toEqual(manifest);
        expect(parsed.value.encoded).toEqual(encoded);
        expect(serializeManifest(parsed.value)).toEqual(encoded);
      }),
      { numRuns: 300 },
    );
  });

  test("does not depend on the order in which an author sets members and parameters", () => {
    const example = draftExamples[1] as ManifestInput;
    const backwards = Object.fromEntries(Object.entries(example).reverse()) as unknown as ManifestInput;
    expect(serializeManifest(backwards)).toEqual(serializeManifest(example));
  });

  test("writes no vendor identifier that is neither a UUID nor a CBOR-PEN", () => {
    const shared = {
      commands: [{ kind: "override-parameters", parameters: { vendorIdentifier: new Uint8Array(15) } } as const],
    };
    expect(() => serializeManifest({ sequenceNumber: 1n, components: [[new Uint8Array()]], shared })).toThrow(
      RangeError,
    );
  });
});
