import { encode, Tagged } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { craftCommon, craftEnvelope, craftManifest, map } from "./crafted-envelope.test.support.ts";
import {
  allExtensions,
  nestedSequences,
  parametersOf,
  parseIn,
  raw,
  set,
  testRefused,
  validating,
} from "./crafted-manifest.test.support.ts";
import { commandSpans, type ReceivedAt } from "./described-line.ts";
import { digestAlgorithmLabel, manifestLabel } from "./labels.ts";
import type { CommandSequence, ComponentId } from "./manifest.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { publishedEnvelopes, vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { resolveSeverable } from "./resolve-severable.ts";

const publishedFolders = ["draft-37", "libcsuit", "trust-domains", "firmware-encryption"].flatMap(publishedEnvelopes);

describe.skipIf(vectorsAbsent)("published manifests", () => {
  for (const vector of publishedFolders) {
    test(`${vector.file} says what the index lists`, () => {
      const file = vectorBytes(vector.file);
      const envelope = parseEnvelope(file);
      const parsed = parseIn(file, allExtensions);
      if (!envelope.ok || !parsed.ok) throw new Error(JSON.stringify(parsed));
      const manifest = parsed.value;
      const members = resolveSeverable(envelope.value, manifest, nodeCrypto, allExtensions);
      if (!members.ok) throw new Error(members.error.code);
      const { shared, validate, load, invoke, payloadFetch, install, text, dependencyResolution } = manifest;

      expect(manifest.sequenceNumber).toBe(BigInt(vector.sequenceNumber));
      expect(manifest.components.map((id) => id.map(bytesToHex))).toEqual(vector.components);
      const held: Readonly<Record<keyof typeof manifestLabel, unknown>> = {
        "manifest-version": 1,
        "manifest-sequence-number": manifest.sequenceNumber,
        common: manifest.components,
        "reference-uri": manifest.referenceUri,
        "manifest-component-id": manifest.manifestComponentId,
        "set-version": manifest.setVersion,
        "dependency-resolution": dependencyResolution,
        "candidate-verification": manifest.candidateVerification,
        uninstall: manifest.uninstall,
        validate,
        load,
        invoke,
        "payload-fetch": payloadFetch,
        install,
        text,
      };
      const names = Object.keys(manifestLabel) as (keyof typeof manifestLabel)[];
      const keys = names.filter((name) => held[name] !== undefined).map((name) => manifestLabel[name]);
      expect(keys.toSorted((a, b) => a - b)).toEqual(vector.manifestKeys);
      expect(manifest.layout.filter(({ name }) => name in held)).toHaveLength(keys.length);
      const hex = (id: ComponentId | undefined) => id?.map(bytesToHex);
      expect(hex(manifest.manifestComponentId)).toEqual(vector.manifestComponentId);
      const dependencies = manifest.dependencies?.map(({ index, prefix }) => ({ index, prefix: hex(prefix) }));
      expect(dependencies).toEqual(vector.dependencies);

      const { payloadFetch: fetched, install: installed, dependencyResolution: resolved } = members.value;
      const sequences = [shared, resolved, validate, load, invoke, fetched, installed];
      const parameters = sequences.flatMap(parametersOf);
      expect(new Set(parameters.flatMap(({ uri }) => uri ?? []))).toEqual(new Set(vector.uris));
      const images = parameters.filter(({ imageDigest }) => imageDigest !== undefined);
      for (const { alg, hex, size } of vector.imageDigests) {
        const found = images.filter(({ imageDigest }) => imageDigest && bytesToHex(imageDigest.bytes) === hex);
        expect(found.map(({ imageDigest }) => imageDigest && digestAlgorithmLabel[imageDigest.algorithm])).toContain(
          alg,
        );
        if (size !== undefined) expect(found.map(({ imageSize }) => imageSize)).toContain(BigInt(size));
      }
      expect(new Set(images.map(({ imageDigest }) => imageDigest && bytesToHex(imageDigest.bytes))).size).toBe(
        vector.imageDigests.length,
      );

      const severed = Object.entries({ "20": install, "23": text }).flatMap(([label, member]) =>
        member?.at === "envelope" ? [[label, bytesToHex(member.digest.bytes)]] : [],
      );
      const listed = Object.entries(vector.severable ?? {}).map(([label, { digestHex }]) => [label, digestHex]);
      expect(severed).toEqual(listed);
      if (vector.severable?.["20"] !== undefined) {
        expect(installed !== undefined).toBe(vector.severable["20"].presentInEnvelope);
        expect(members.value.text !== undefined).toBe(vector.severable["23"]?.presentInEnvelope);
      }
    });

    test(`${vector.file}: every offset is where the command stands in the file`, () => {
      const file = vectorBytes(vector.file);
      const parsed = parseIn(file, allExtensions);
      if (!parsed.ok) throw new Error(parsed.error.code);
      const standsThere = ({ offset, encoded }: ReceivedAt): void =>
        expect(bytesToHex(file.subarray(offset, offset + encoded.length))).toBe(bytesToHex(encoded));
      const visit = (sequence: CommandSequence): void => {
        const { offset, encoded, commands: list } = sequence;
        standsThere(sequence);
        expect(list[0]?.offset).toBe(offset + 1);
        const spans = commandSpans(sequence);
        expect(1 + spans.reduce((length, span) => length + span.encoded.length, 0)).toBe(encoded.length);
        spans.forEach(standsThere);
        for (const command of list) for (const inner of nestedSequences(command)) visit(inner);
      };
      for (const member of parsed.value.layout) standsThere(member);
      const { shared, validate, load, invoke } = parsed.value;
      for (const sequence of [shared, validate, load, invoke]) if (sequence !== undefined) visit(sequence);
    });
  }

  test.each([
    ["trust-domains/example1_process.cbor", "manifest", 5],
    ["firmware-encryption/suit-manifest-aes-kw.cbor", "manifest.install.4.override-parameters", 19],
  ])("%s needs an extension that is not enabled", (file, field, label) => {
    expect(parseIn(vectorBytes(file))).toMatchObject({ ok: false, error: { code: "unsupported", field, label } });
  });
});

const rawSequence = (hex: string) => craftManifest({ 7: hexToBytes(hex) });
const common = "manifest.common";
const validate = "manifest.validate";

describe("refused manifests (suit.md 6)", () => {
  testRefused([
    // Row 1: each kind of bad CBOR, at several depths.
    {
      row: 1,
      name: "a byte behind the manifest",
      manifest: Uint8Array.of(...craftManifest(), 0xee),
      at: "82030f|ee",
      refusal: { reason: "trailing-bytes", field: "manifest" },
    },
    {
      row: 1,
      name: "a manifest that stops early",
      manifest: craftManifest().subarray(0, -1),
      at: "07|43",
      refusal: { reason: "truncated", field: "manifest" },
    },
    {
      row: 1,
      name: "unsorted manifest keys",
      manifest: hexToBytes("a302070101034100"),
      at: "0207|0101",
      refusal: { reason: "unsorted-keys", field: "manifest" },
    },
    {
      row: 1,
      name: "a manifest key twice",
      manifest: hexToBytes("a301010207020a"),
      at: "020a",
      refusal: { reason: "duplicate-key", field: "manifest" },
    },
    {
      row: 1,
      name: "a parameter twice",
      manifest: validating(20, raw("a20501050a")),
      at: "050a",
      refusal: { reason: "duplicate-key", field: validate },
    },
    {
      row: 1,
      name: "unsorted parameters",
      manifest: validating(20, raw("a20e010502")),
      at: "0e01|0502",
      refusal: { reason: "unsorted-keys", field: validate },
    },
    {
      row: 1,
      name: "a command code with a longer head than needed",
      manifest: rawSequence("8218030f"),
      at: "18030f",
      refusal: { reason: "non-shortest", field: validate },
    },
    {
      row: 1,
      name: "an indefinite sequence",
      manifest: rawSequence("9f030fff"),
      at: "9f030fff",
      refusal: { reason: "indefinite-length", field: validate },
    },
    {
      row: 1,
      name: "a float as image size",
      manifest: validating(20, raw("a10ef93c00")),
      at: "f93c00",
      refusal: { reason: "float", field: validate },
    },
    {
      row: 1,
      name: "a uri that is not UTF-8",
      manifest: validating(20, raw("a11561ff")),
      at: "61ff",
      refusal: { reason: "invalid-utf8", field: validate },
    },
    {
      row: 1,
      name: "a tagged uri",
      manifest: validating(...set([21, new Tagged(32, "a")])),
      at: "d820",
      refusal: { reason: "tag-not-allowed", field: validate },
    },
    {
      row: 1,
      name: "a tagged reference uri",
      manifest: craftManifest({ 4: new Tagged(32, "a") }),
      at: "d820",
      refusal: { reason: "tag-not-allowed", field: "manifest" },
    },
    {
      row: 2,
      name: "more arrays in a sequence than it ever needs",
      manifest: validating(3, [[[[[[[[[0]]]]]]]]]),
      at: "81818181818181|8181",
      refusal: { reason: "too-deep", field: validate },
    },

    // Required members and their types.
    ...([1, 2, 3] as const).map((label) => ({
      row: 9,
      name: `no ${["manifest-version", "manifest-sequence-number", "common"][label - 1]}`,
      manifest: craftManifest({ [label]: undefined }),
      at: bytesToHex(craftManifest({ [label]: undefined })),
      refusal: {
        reason: "missing",
        field: `manifest.${["manifest-version", "manifest-sequence-number", "common"][label - 1]}`,
      },
    })),
    {
      row: 9,
      name: "a text key",
      manifest: encode(map([["x", 1]])),
      at: "617801",
      refusal: { reason: "wrong-type", field: "manifest" },
    },
    {
      row: 9,
      name: "manifest version 2",
      manifest: craftManifest({ 1: 2 }),
      at: "01|020207",
      refusal: { code: "unsupported", field: "manifest.manifest-version", label: 2 },
    },
    {
      row: 9,
      name: "a negative sequence number",
      manifest: craftManifest({ 2: -7 }),
      at: "26",
      refusal: { reason: "wrong-type", field: "manifest.manifest-sequence-number" },
    },
    {
      row: 9,
      name: "common that is no byte string",
      manifest: craftManifest({ 3: map([]) }),
      at: "03|a0",
      refusal: { reason: "wrong-type", field: common },
    },
    {
      row: 9,
      name: "no components",
      manifest: craftManifest({ 3: craftCommon({ 2: undefined }) }),
      at: "46|a104",
      refusal: { reason: "missing", field: `${common}.components` },
    },
    {
      row: 9,
      name: "an empty component list",
      manifest: craftManifest({ 3: craftCommon({ 2: [] }) }),
      at: "02|8004",
      refusal: { reason: "wrong-length", field: `${common}.components` },
    },
    {
      row: 9,
      name: "a component without segments",
      manifest: craftManifest({ 3: craftCommon({ 2: [[]] }) }),
      at: "0281|8004",
      refusal: { reason: "wrong-length", field: `${common}.components.0` },
    },
    {
      row: 9,
      name: "a component segment that is text",
      manifest: craftManifest({ 3: craftCommon({ 2: [["a"]] }) }),
      at: "8181|6161",
      refusal: { reason: "wrong-type", field: `${common}.components.0.0` },
    },
    {
      row: 9,
      name: "one component twice",
      manifest: craftManifest({ 3: craftCommon({ 2: [[Uint8Array.of(0x61)], [Uint8Array.of(0x61)]] }) }),
      at: "82814161|814161",
      refusal: { reason: "not-allowed-here", field: `${common}.components.1` },
    },
    {
      row: 9,
      name: "a reference uri in bytes",
      manifest: craftManifest({ 4: Uint8Array.of(0xab) }),
      at: "41ab",
      refusal: { reason: "wrong-type", field: "manifest.reference-uri" },
    },

    // Row 9: what is not known or not enabled.
    ...[0, 5, 6, 14, 15, 17, 18, 24, -1, -300].map((label) => ({
      row: 9,
      name: `manifest key ${label}`,
      manifest: craftManifest({ [label]: hexToBytes("ababab") }),
      at: `${bytesToHex(encode(label))}43ababab`,
      refusal: { code: "unsupported", field: "manifest", label },
    })),
    {
      row: 9,
      name: "dependencies in common (1)",
      manifest: craftManifest({ 3: craftCommon({ 1: map([]) }) }),
      at: "a3|01a0",
      refusal: { code: "unsupported", field: common, label: 1 },
    },
    {
      row: 9,
      name: "such an algorithm in a severed slot",
      manifest: craftManifest({ 20: [-45, new Uint8Array(32)] }),
      at: "382c5820",
      refusal: { code: "unsupported", field: "manifest.install.algorithm", label: -45 },
    },
  ]);
});

describe("accepted manifests", () => {
  test.each([
    ["an unsigned 64-bit sequence number", craftManifest({ 2: 2n ** 64n - 1n })],
    ["no shared sequence", craftManifest({ 3: craftCommon({ 4: undefined }) })],
    ["no validate sequence", craftManifest({ 7: undefined })],
    ["an empty component segment", craftManifest({ 3: craftCommon({ 2: [[new Uint8Array()]] }) })],
  ])("%s", (_, manifest) => {
    expect(parseIn(craftEnvelope({ 3: manifest }))).toMatchObject({ ok: true });
  });
});
