import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allExtensions } from "./crafted-manifest.test.support.ts";
import { encloseBytes, encodeDigest, manifestDigest } from "./digest.ts";
import { draftExamples } from "./draft-examples.test.support.ts";
import { severableLabel } from "./labels.ts";
import type { SeverableName } from "./manifest.ts";
import { manifestArbitrary, withoutOrigin } from "./manifest-arbitrary.test.support.ts";
import type { ManifestInput } from "./manifest-input.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { resolveSeverable, severableSequences } from "./resolve-severable.ts";
import { buildEnvelope } from "./serialize-envelope.ts";
import { serializeManifest } from "./serialize-manifest.ts";
import { dropSevered, type SeveredManifest, severMembers } from "./sever.ts";

const all = Object.keys(severableLabel) as SeverableName[];

function pack({ manifest, severed }: SeveredManifest): Uint8Array {
  const manifestBytes = serializeManifest(manifest);
  const digest = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
  return buildEnvelope({ digestElement: encodeDigest(digest), blocks: [], manifestBytes, severed });
}

function unpack(file: Uint8Array) {
  const envelope = parseEnvelope(file, allExtensions);
  if (!envelope.ok) throw new Error(JSON.stringify(envelope.error));
  const manifest = parseManifest(envelope.value.manifest, allExtensions);
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  const members = resolveSeverable(envelope.value, manifest.value, nodeCrypto, allExtensions);
  if (!members.ok) throw new Error(JSON.stringify(members.error));
  return { envelope: envelope.value, manifest: manifest.value, members: members.value };
}

describe.skipIf(vectorsAbsent)("example 2 of the draft", () => {
  test("severed from its description is the published file, but for the signature", () => {
    const severed = severMembers(draftExamples[2] as ManifestInput, ["install", "text"], "sha-256", nodeCrypto);
    const published = unpack(vectorBytes("draft-37/example2.signed.cbor"));
    expect(bytesToHex(serializeManifest(severed.manifest))).toBe(bytesToHex(published.manifest.encoded));
    expect(severed.severed.get("install")).toEqual(published.envelope.severed.get("install")?.content);
    expect(severed.severed.get("text")).toEqual(published.envelope.severed.get("text")?.content);
    expect(bytesToHex(dropSevered(unpack(pack(severed)).envelope, ["install", "text"]))).toBe(
      bytesToHex(vectorBytes("draft-37/example2.unsigned-severed.cbor")),
    );
  });

  test("without its severed members is the published short form, signature and all", () => {
    const { envelope } = unpack(vectorBytes("draft-37/example2.signed.cbor"));
    const short = dropSevered(envelope, ["install", "text"]);
    expect(bytesToHex(short)).toBe(bytesToHex(vectorBytes("draft-37/example2.signed-severed.cbor")));
    expect(unpack(short).envelope.digest).toEqual(envelope.digest);
  });
});

describe("severing", () => {
  test("any members and resolving them gives back the manifest", () => {
    fc.assert(
      fc.property(manifestArbitrary, fc.subarray([...all]), (manifest, chosen) => {
        const {
          envelope,
          manifest: parsed,
          members,
        } = unpack(pack(severMembers(manifest, chosen, "sha-384", nodeCrypto)));
        for (const [name, field] of [...severableSequences, ["text", "text"] as const]) {
          const before = manifest[field];
          expect(withoutOrigin(members[field])).toEqual(before?.at === "inline" ? before.value : undefined);
          expect(envelope.severed.has(name)).toBe(before?.at === "inline" && chosen.includes(name));
        }
        expect(parsed.sequenceNumber).toBe(manifest.sequenceNumber);
      }),
      { numRuns: 100 },
    );
  });

  test("leaves alone what is not asked for, not there, or severed already", () => {
    const manifest = draftExamples[1] as ManifestInput;
    expect(severMembers(manifest, ["text"], "sha-256", nodeCrypto)).toEqual({ manifest, severed: new Map() });
    const once = severMembers(manifest, all, "sha-256", nodeCrypto);
    expect([...once.severed.keys()]).toEqual(["install"]);
    expect(severMembers(once.manifest, all, "sha-512", nodeCrypto)).toEqual({
      manifest: once.manifest,
      severed: new Map(),
    });
  });
});
