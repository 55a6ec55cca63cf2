import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestEquals, digestOf, formatUuid, manifestDigest, parseManifest, resolveSeverable } from "@sumac/suit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BuildRefusal, buildManifest, type ReleaseInput } from "./build-manifest.ts";
import { lintRelease } from "./lint.ts";
import { build, buildContext, opened, testDescription, testRelease } from "./release.test.support.ts";

function parsed(envelopeBytes: Uint8Array) {
  const envelope = opened(envelopeBytes);
  const manifest = parseManifest(envelope.manifest);
  if (!manifest.ok) throw new Error(manifest.error.code);
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto);
  if (!members.ok) throw new Error(members.error.code);
  return { envelope, manifest: manifest.value, members: members.value };
}

/** Commands without what only says where they stood. */
const plain = (sequence: { readonly commands: readonly object[] } | undefined) =>
  sequence?.commands.map((command) => ({ ...command, offset: undefined }));

describe("buildManifest", () => {
  const release = build();
  const imageHex = bytesToHex(digestOf(nodeCrypto, "sha-256", testRelease.image).bytes);

  test("says for whom, which image, how to get it, and how to run it", () => {
    const { manifest, members } = parsed(release.envelope);
    const imageDigest = digestOf(nodeCrypto, "sha-256", testRelease.image);
    const match = { kind: "condition", condition: "image-match", policy: 15 };
    expect(manifest.sequenceNumber).toBe(7n);
    expect(manifest.components).toEqual([[new TextEncoder().encode("firmware")]]);
    expect(manifest.referenceUri).toBe("https://vendor.example/rtu-demo");
    expect(plain(manifest.shared)).toEqual([
      {
        kind: "override-parameters",
        parameters: {
          vendorIdentifier: release.vendorId,
          classIdentifier: release.classId,
          imageDigest,
          imageSize: 15n,
        },
      },
      { kind: "condition", condition: "vendor-identifier", policy: 15 },
      { kind: "condition", condition: "class-identifier", policy: 15 },
    ]);
    expect(plain(members.install)).toEqual([
      { kind: "override-parameters", parameters: { uri: `sha256-${imageHex}.bin` } },
      { kind: "directive", directive: "fetch", policy: 2 },
      match,
    ]);
    expect(plain(manifest.validate)).toEqual([match]);
    expect(plain(manifest.invoke)).toEqual([{ kind: "directive", directive: "invoke", policy: 2 }]);
    expect(manifest.load ?? manifest.payloadFetch).toBeUndefined();
  });

  test("severs install and text, and describes the release in English", () => {
    const { manifest, members } = parsed(release.envelope);
    expect([manifest.install?.at, manifest.text?.at]).toEqual(["envelope", "envelope"]);
    expect([...release.severed.keys()]).toEqual(["install", "text"]);
    expect(members.text?.languages).toEqual([
      {
        language: "en",
        manifestDescription: "Remote terminal unit, simulated",
        components: [
          {
            component: [new TextEncoder().encode("firmware")],
            vendorName: "Example Vendor",
            modelName: "rtu-demo",
            vendorDomain: "vendor.example",
            description: "application",
            version: "1.1.0",
          },
        ],
      },
    ]);
  });

  test("derives the identifiers as the draft recommends", () => {
    const { vendorId, classId } = build({
      description: { ...testDescription, vendor: "arm.com", product: "suit" },
    });
    expect(formatUuid(vendorId)).toBe("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
    expect(formatUuid(classId)).toBe("1492af14-2569-5e48-bf42-9b2d51f2ab45");
  });

  test("is unsigned, and its digest is the manifest's", () => {
    const { envelope } = parsed(release.envelope);
    expect(envelope.blocks).toEqual([]);
    expect(digestEquals(envelope.digest, manifestDigest(envelope.manifest, "sha-256", nodeCrypto))).toBe(true);
    expect(envelope.digest).toEqual(release.manifestDigest);
    expect(envelope.manifest.content).toEqual(release.manifest);
  });

  test("gives the same bytes for the same input, and others for any other", () => {
    const variants: readonly Partial<ReleaseInput>[] = [
      {},
      { version: "1.1.1" },
      { sequence: 8n },
      { image: Uint8Array.of(1) },
      { payload: { carried: "inside" } },
      { payload: { carried: "beside", uri: "a.bin" } },
      { description: { ...testDescription, product: "rtu-demo-2" } },
      { description: { ...testDescription, vendor: "other.example" } },
    ];
    const built = variants.map((variant) => bytesToHex(build(variant).envelope));
    expect(new Set(built).size).toBe(variants.length);
    expect(built).toEqual(variants.map((variant) => bytesToHex(build(structuredClone(variant)).envelope)));
  });

  test("carries a small image inside when asked", () => {
    const inside = build({ payload: { carried: "inside" } });
    const { envelope } = parsed(inside.envelope);
    expect(inside.payload.uri).toBe("#firmware");
    expect([...envelope.integratedPayloads]).toEqual([["#firmware", testRelease.image]]);
  });

  test("keeps short members in the manifest, where they take less room than a digest", () => {
    const { vendorName, description, referenceUri, ...rest } = testDescription;
    const short = { ...rest, vendor: "a.de", product: "x", components: [{ id: ["a"], name: "a", maxSize: 20n }] };
    const { manifest } = parsed(
      build({ description: short, version: "1", payload: { carried: "beside", uri: "x" } }).envelope,
    );
    expect([manifest.install?.at, manifest.text?.at]).toEqual(["inline", "inline"]);
  });

  test("passes its own lint", () => {
    expect(lintRelease(release.envelope, buildContext)).toEqual({ ok: true, value: [] });
  });

  test.each([1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n])("takes the sequence number %d", (sequence) => {
    expect(parsed(build({ sequence }).envelope).manifest.sequenceNumber).toBe(sequence);
  });

  const [component] = testDescription.components;
  const several = { ...testDescription, components: [component, component].flatMap((c) => c ?? []) };
  const range = { lowest: 1n, highest: 2n ** 63n - 1n };
  test.each<[string, Partial<ReleaseInput>, BuildRefusal]>([
    ["one image for two components", { description: several }, { code: "several-components", count: 2, images: 1 }],
    [
      "no component",
      { description: { ...testDescription, components: [] } },
      { code: "several-components", count: 0, images: 1 },
    ],
    ["an empty image", { image: new Uint8Array() }, { code: "image-empty" }],
    [
      "a byte more than the slot",
      { image: new Uint8Array(4097) },
      { code: "image-larger-than-slot", size: 4097n, limit: 4096n, component: "application" },
    ],
    ["sequence 0", { sequence: 0n }, { code: "sequence-out-of-range", sequence: 0n, ...range }],
    ["a negative sequence", { sequence: -1n }, { code: "sequence-out-of-range", sequence: -1n, ...range }],
    ["sequence 2^63", { sequence: 2n ** 63n }, { code: "sequence-out-of-range", sequence: 2n ** 63n, ...range }],
    ["no version", { version: "" }, { code: "version-invalid", version: "" }],
    ["a version with a space", { version: "1 0" }, { code: "version-invalid", version: "1 0" }],
    ["a version with a line break", { version: "1.0\n" }, { code: "version-invalid", version: "1.0\n" }],
    ["a version that is an option", { version: "-1" }, { code: "version-invalid", version: "-1" }],
    [
      "a URI that means inside",
      { payload: { carried: "beside", uri: "#x" } },
      { code: "payload-uri-invalid", uri: "#x" },
    ],
    ["an empty URI", { payload: { carried: "beside", uri: "" } }, { code: "payload-uri-invalid", uri: "" }],
    ["a URI with a space", { payload: { carried: "beside", uri: "a b" } }, { code: "payload-uri-invalid", uri: "a b" }],
  ])("refuses %s", (_, changes, error) => {
    expect(buildManifest({ ...testRelease, ...changes }, buildContext)).toEqual({ ok: false, error });
  });

  test("takes an image that fills the slot", () => {
    expect(parsed(build({ image: new Uint8Array(4096) }).envelope).manifest.sequenceNumber).toBe(7n);
  });

  test("refuses an image inside that leaves no room for signatures", () => {
    const description = { ...testDescription, components: [{ id: ["a"], name: "a", maxSize: 65536n }] };
    const built = buildManifest(
      { ...testRelease, description, image: new Uint8Array(49_100), payload: { carried: "inside" } },
      buildContext,
    );
    expect(built).toMatchObject({ ok: false, error: { code: "envelope-too-large", limit: 49152 } });
  });

  test("everything that it builds parses", () => {
    const text = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
    const segment = fc.stringMatching(/^[a-z0-9_-][a-z0-9._-]{0,15}$/);
    const input = fc.record({
      vendor: fc.domain(),
      product: text,
      name: text,
      id: fc.array(segment, { minLength: 1, maxLength: 4 }),
      image: fc.uint8Array({ minLength: 1, maxLength: 64 }),
      version: fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,20}$/),
      sequence: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    });
    fc.assert(
      fc.property(input, ({ vendor, product, name, id, image, version, sequence }) => {
        const description = { vendor, product, components: [{ id, name, maxSize: 64n }] };
        const { manifest } = parsed(build({ description, image, version, sequence }).envelope);
        expect(manifest.sequenceNumber).toBe(sequence);
      }),
      { numRuns: 200 },
    );
  });
});
