import { encode } from "@sumac/cbor";
import { parsePublicKeyPem, verifySign1 } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { componentIndices } from "./component.ts";
import { commands, craftCommon, craftEnvelope, craftManifest, map, offsetOf } from "./crafted-envelope.test.support.ts";
import { allExtensions, parseIn, sharing, testRefused, validating } from "./crafted-manifest.test.support.ts";
import { describeEnvelope } from "./describe-envelope.ts";
import { describeManifest } from "./describe-manifest.ts";
import { digestEquals, manifestDigest } from "./digest.ts";
import type { Envelope } from "./envelope.ts";
import { dependencyLimits, parseIntegratedEnvelope } from "./integrated-dependency.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { resolveSeverable } from "./resolve-severable.ts";
import { serializeEnvelope } from "./serialize-envelope.ts";

function opened(file: Uint8Array): Envelope {
  const envelope = parseEnvelope(file, allExtensions);
  if (!envelope.ok) throw new Error(JSON.stringify(envelope.error));
  return envelope.value;
}

function told(envelope: Envelope, limits = allExtensions): readonly string[] {
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto, limits);
  return describeManifest(manifest.value, members.ok ? members.value : {});
}

describe.skipIf(vectorsAbsent)("the published examples", () => {
  const outer = vectorsAbsent ? undefined : opened(vectorBytes("trust-domains/example2_integrated.cbor"));
  const inner = outer && parseIntegratedEnvelope(outer, "#dependent.suit", allExtensions);
  const root = "trust-domains/example1_process.cbor";

  test.each(["example0_dependent", "example1_process", "example2_integrated"])(
    "%s: digest and signature hold",
    (name) => {
      const envelope = opened(vectorBytes(`trust-domains/${name}.cbor`));
      expect(digestEquals(manifestDigest(envelope.manifest, "sha-256", nodeCrypto), envelope.digest)).toBe(true);
      expect(signedByTheDraft(envelope)).toBe(true);
    },
  );

  test("the integrated dependency is the published one, byte for byte, with offsets of the outer file", () => {
    if (inner?.ok !== true || outer === undefined) throw new Error("the dependency must parse");
    const file = vectorBytes("trust-domains/example2_integrated.cbor");
    expect(bytesToHex(serializeEnvelope(inner.value))).toBe(
      bytesToHex(vectorBytes("trust-domains/example0_dependent.cbor")),
    );
    const { contentOffset, content } = inner.value.manifest;
    expect(bytesToHex(file.subarray(contentOffset, contentOffset + content.length))).toBe(bytesToHex(content));
    expect(signedByTheDraft(inner.value)).toBe(true);
    const manifest = parseManifest(inner.value.manifest, dependencyLimits(allExtensions));
    const install = manifest.ok && manifest.value.install?.at === "inline" ? manifest.value.install.value : undefined;
    const write = install?.commands[1];
    expect(file.subarray(write?.offset, (write?.offset ?? 0) + 2)).toEqual(Uint8Array.of(18, 15));
  });

  test("an envelope carries no dependency under another name", () => {
    expect(outer && parseIntegratedEnvelope(outer, "#other", allExtensions)).toBeUndefined();
  });

  test("the root in words", () => {
    expect(told(opened(vectorBytes(root)))).toEqual([
      "manifest version: 1",
      "sequence number: 0",
      'component 0: "10" (3130)',
      'dependency: another manifest, at index 1, its components lie below "dependent.suit" (646570656e64656e742e73756974)',
      'to be kept as: "depending.suit" (646570656e64696e672e73756974)',
      "to resolve dependencies",
      "  from here on: dependency 1",
      "  set",
      "    image digest: sha-256 0f02caf6d3e61920d36bf3cea7f862a13bb8fb1f09c3f4c29b121feab78ef3d8",
      "    image size: 190 bytes",
      '    uri: "http://example.com/dependent.suit"',
      "  fetch from the uri into the component  (reported: failure)",
      "  stop unless the component has the image digest  (reported)",
      "to install",
      "  from here on: dependency 1",
      "  set",
      "    image digest: sha-256 0f02caf6d3e61920d36bf3cea7f862a13bb8fb1f09c3f4c29b121feab78ef3d8",
      "  stop for good unless the dependency is signed and has the image digest  (reported)",
      "  run the same section of the dependency",
      '  from here on: component 0, "10" (3130)',
      "  set",
      '    content: 26 bytes, 20696e206d756c7469706c6520747275737420646f6d61696e73 = " in multiple trust domains"',
      "  write the content into the component  (reported)",
      "to start",
      '  from here on: component 0, "10" (3130)',
      "  set",
      '    arguments of invoke: 9 bytes, 636174203030203130 = "cat 00 10"',
      "  start the component  (reported)",
    ]);
  });

  test("the dependency in words, at its place in the outer file", () => {
    if (inner?.ok !== true) throw new Error("the dependency must parse");
    expect(told(inner.value, dependencyLimits(allExtensions))).toContain(
      'to be kept as: "dependent.suit" (646570656e64656e742e73756974)',
    );
    const [, , size] = describeEnvelope(inner.value, { offsets: "shown" });
    expect(size).toMatch(/^ {2}451 \+68 {5}5842a6010102\.\. {2}manifest: 66 bytes$/);
  });
});

function signedByTheDraft(envelope: Envelope): boolean {
  const key = parsePublicKeyPem(new TextDecoder().decode(vectorBytes("draft-37/key.public.pem")));
  const [block] = envelope.blocks;
  if (!key.ok || block?.kind !== "sign1") return false;
  return verifySign1(block.sign1, key.value, envelope.digestElement, nodeCrypto);
}

const depending = (dependencies: Parameters<typeof map>[0], shared = commands(12, 0, 1, 15)) =>
  craftCommon({ 1: map(dependencies), 4: shared });
const dependingOnOne = depending([[1, map([])]]);
const dependencies = "manifest.common.dependencies";

describe("dependencies", () => {
  test("beyond the component list extend the indices, within it they do not", () => {
    const indices = (common: Uint8Array) => {
      const parsed = parseIn(
        craftEnvelope({ 3: craftManifest({ 3: common, 7: commands(12, 0, 14, 0) }) }),
        allExtensions,
      );
      return parsed.ok && componentIndices(parsed.value);
    };
    expect(indices(dependingOnOne)).toEqual([0, 1]);
    expect(indices(depending([[0, map([])]]))).toEqual([0]);
    expect(
      indices(
        depending([
          [0, map([])],
          [7, map([])],
        ]),
      ),
    ).toEqual([0, 7]);
  });

  testRefused(
    [
      {
        row: 13,
        name: "no dependency in the map",
        manifest: craftManifest({ 3: depending([]) }),
        at: "01|a002",
        refusal: { reason: "wrong-length", field: dependencies },
      },
      {
        row: 13,
        name: "a list of dependencies",
        manifest: craftManifest({ 3: craftCommon({ 1: [1] }) }),
        at: "01|8101",
        refusal: { reason: "wrong-type", field: dependencies },
      },
      {
        row: 1,
        name: "dependencies out of order",
        manifest: craftManifest({ 3: Uint8Array.of(0xa2, 1, 0xa2, 2, 0xa0, 1, 0xa0, 2, 0x81, 0x81, 0x41, 1) }),
        at: "02a0|01a0",
        refusal: { reason: "unsorted-keys", field: "manifest.common" },
      },
      {
        row: 13,
        name: "an index in text",
        manifest: craftManifest({ 3: depending([["x", map([])]]) }),
        at: "6178",
        refusal: { reason: "wrong-type", field: dependencies },
      },
      {
        row: 13,
        name: "an empty prefix",
        manifest: craftManifest({ 3: depending([[1, map([[1, []]])]]) }),
        at: "a101|8002",
        refusal: { reason: "wrong-length", field: `${dependencies}.1.dependency-prefix` },
      },
      {
        row: 9,
        name: "more said of a dependency than is known",
        manifest: craftManifest({ 3: depending([[1, map([[2, 0]])]]) }),
        at: "01a1|0200",
        refusal: { code: "unsupported", field: `${dependencies}.1`, label: 2 },
      },
      {
        row: 13,
        name: "an empty manifest-component-id",
        manifest: craftManifest({ 5: [] }),
        at: "05|80",
        refusal: { reason: "wrong-length", field: "manifest.manifest-component-id" },
      },
      {
        row: 15,
        name: "a component and a dependency, and a sequence that names neither",
        manifest: craftManifest({ 3: dependingOnOne, 7: commands(3, 15) }),
        at: "82|030f",
        refusal: { reason: "missing", field: "manifest.validate.0.set-component-index" },
      },
      ...[11, 33].map((label) => ({
        row: 14,
        name: `directive ${label} in the shared sequence`,
        manifest: sharing(1, 15, label, 0),
        at: `84010f|${bytesToHex(encode(label))}00`,
        refusal: {
          reason: "not-allowed-here",
          field: `manifest.common.shared-sequence.1.${label === 11 ? "process-dependency" : "unlink"}`,
        },
      })),
      // What only override-parameters may set (draft-37 section 7, THREAT.MFST.OVERRIDE).
      ...(
        [
          ["image-digest", 3, encode([-16, new Uint8Array(32)])],
          ["strict-order", 12, false],
          ["soft-failure", 13, false],
        ] as const
      ).map(([name, label, value]) => ({
        row: 14,
        name: `set-parameters with ${name}`,
        manifest: validating(32, commands(19, map([[label, value]]))),
        at: `13a1${bytesToHex(encode(label))}|${bytesToHex(encode(value))}`,
        refusal: { reason: "not-allowed-here", field: `manifest.validate.0.run-sequence.0.set-parameters.${name}` },
      })),
    ],
    allExtensions,
  );

  test("count against the components", () => {
    const many = (count: number) => depending(Array.from({ length: count }, (_, i) => [i + 1, map([])] as const));
    const parse = (count: number) => {
      const file = craftEnvelope({ 3: craftManifest({ 3: many(count), 7: undefined }) });
      return { file, parsed: parseIn(file, allExtensions) };
    };
    expect(parse(31).parsed).toMatchObject({ ok: true });
    const { file, parsed } = parse(32);
    expect(parsed).toEqual({
      ok: false,
      error: { code: "limit-exceeded", limit: "maxComponents", offset: offsetOf(file, "a301|b820") + 0 },
    });
  });
});

describe("an integrated dependency", () => {
  const inside = craftEnvelope({ 3: validating(32, commands(32, commands(32, commands(14, 0)))) });
  const file = craftEnvelope({}, [["#in", inside]]);

  test("lies one byte string deeper, so that nesting cannot be hidden in it", () => {
    for (const [maxDepth, ok] of [
      [6, true],
      [5, false],
    ] as const) {
      const limits = { ...allExtensions, maxDepth };
      const envelope = parseIntegratedEnvelope(opened(file), "#in", limits);
      if (envelope?.ok !== true) throw new Error("the dependency must parse");
      expect(parseManifest(envelope.value.manifest, dependencyLimits(limits))).toMatchObject({ ok });
    }
  });

  test("whose own layers go over the depth is refused before its manifest is looked at", () => {
    for (const [maxDepth, ok] of [
      [3, true],
      [2, false],
    ] as const) {
      expect(parseIntegratedEnvelope(opened(file), "#in", { ...allExtensions, maxDepth })).toMatchObject({ ok });
    }
  });

  test("that is broken names the byte in the outer file", () => {
    const broken = craftEnvelope({}, [["#in", Uint8Array.of(0xd8, 0x6b, 0xa1, 0x02, 0x41, 0xff)]]);
    expect(parseIntegratedEnvelope(opened(broken), "#in", allExtensions)).toEqual({
      ok: false,
      error: {
        code: "malformed",
        reason: "missing",
        field: "envelope.manifest",
        offset: offsetOf(broken, "d86b|a10241ff"),
      },
    });
  });
});
