import { bytesToHex } from "@sumac/crypto";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf, parseManifest, resolveSeverable } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { type BuildRefusal, buildManifest, buildRelease, type SeveralInput } from "./build-manifest.ts";
import { encryptPayload } from "./encrypt-payload.ts";
import { lintRelease } from "./lint.ts";
import { lintLimits } from "./lint-limits.ts";
import { build, buildContext, opened, testDescription, testRelease } from "./release.test.support.ts";
import type { ReleaseDescription } from "./release-description.ts";

const segment = (text: string): Uint8Array => new TextEncoder().encode(text);

function parsed(envelopeBytes: Uint8Array) {
  const envelope = opened(envelopeBytes);
  const manifest = parseManifest(envelope.manifest, lintLimits);
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto, lintLimits);
  if (!members.ok) throw new Error(JSON.stringify(members.error));
  return { envelope, manifest: manifest.value, members: members.value };
}

/** Commands as words: the index, the name of a condition or directive, or the names of the parameters. */
const spoken = (sequence: { readonly commands: readonly object[] } | undefined): readonly string[] =>
  (sequence?.commands ?? []).map((command) => {
    const { index, condition, directive, parameters } = command as Record<string, unknown>;
    if (index !== undefined) return `at ${index}`;
    return String(condition ?? directive ?? Object.keys(parameters as object).join(" "));
  });

const clean = (envelope: Uint8Array): void =>
  expect(lintRelease(envelope, buildContext)).toEqual({ ok: true, value: [] });

const twoComponents: ReleaseDescription = {
  ...testDescription,
  components: [
    { id: ["firmware"], name: "application", maxSize: 4096n },
    { id: ["settings"], name: "settings", maxSize: 64n },
  ],
};
const several = (changes: Partial<SeveralInput> = {}): SeveralInput => ({
  description: twoComponents,
  version: "1.1.0",
  sequence: 7n,
  components: [{ image: segment("TEST ONLY image") }, { image: segment("TEST ONLY settings") }],
  ...changes,
});
function buildSeveral(changes: Partial<SeveralInput> = {}) {
  const built = buildRelease(several(changes), buildContext);
  if (!built.ok) throw new Error(built.error.code);
  return built.value;
}

describe("several components", () => {
  test("each is fetched, matched and checked at every boot; the first runs", () => {
    const release = buildSeveral();
    const { manifest, members } = parsed(release.envelope);
    expect(manifest.components).toEqual([[segment("firmware")], [segment("settings")]]);
    const image = "imageDigest imageSize";
    const ids = "vendorIdentifier classIdentifier";
    expect(spoken(manifest.shared)).toEqual([
      "at all",
      ids,
      "vendor-identifier",
      "class-identifier",
      "at 0",
      image,
      "at 1",
      image,
    ]);
    const arrival = ["uri", "fetch", "image-match"];
    expect(spoken(members.install)).toEqual(["at 0", ...arrival, "at 1", ...arrival]);
    expect(spoken(manifest.validate)).toEqual(["at 0,1", "image-match"]);
    expect(spoken(manifest.invoke)).toEqual(["at 0", "invoke"]);
    expect(members.text?.languages[0]?.components.map(({ description }) => description)).toEqual([
      "application",
      "settings",
    ]);
    expect(release.payloads.map(({ bytes }) => bytes)).toEqual(several().components.map(({ image: bytes }) => bytes));
    expect(release.payload).toEqual(release.payloads[0]);
    clean(release.envelope);
  });

  test("carried inside, each under a name of its own", () => {
    const components = several().components.map((one) => ({ ...one, payload: { carried: "inside" } as const }));
    const release = buildSeveral({ components });
    expect([...parsed(release.envelope).envelope.integratedPayloads.keys()]).toEqual(["#component-0", "#component-1"]);
    clean(release.envelope);
  });

  test("one component by either function is the same release", () => {
    const { image, ...facts } = testRelease;
    expect(buildRelease({ ...facts, components: [{ image }] }, buildContext)).toEqual(
      buildManifest(testRelease, buildContext),
    );
  });

  test.each<[string, Partial<SeveralInput>, BuildRefusal]>([
    [
      "an image too few",
      { components: [{ image: segment("a") }] },
      { code: "several-components", count: 2, images: 1 },
    ],
    [
      "an image too many",
      { components: [..."abc"].map((letter) => ({ image: segment(letter) })) },
      { code: "several-components", count: 2, images: 3 },
    ],
    [
      "a second image larger than its slot",
      { components: [{ image: segment("a") }, { image: new Uint8Array(65) }] },
      { code: "image-larger-than-slot", size: 65n, limit: 64n, component: "settings" },
    ],
    [
      "an empty second image",
      { components: [{ image: segment("a") }, { image: new Uint8Array() }] },
      { code: "image-empty" },
    ],
  ])("refuses %s", (_, changes, error) => {
    expect(buildRelease(several(changes), buildContext)).toEqual({ ok: false, error });
  });
});

describe("digests", () => {
  test.each([
    ["sha-384", 53],
    ["sha-512", 69],
  ] as const)("%s wherever a digest stands", (digestAlgorithm, slot) => {
    const fromInput = build({ digestAlgorithm });
    const fromDescription = build({ description: { ...testDescription, digestAlgorithm } });
    expect(fromInput.envelope).toEqual(fromDescription.envelope);
    const { envelope, manifest } = parsed(fromInput.envelope);
    expect(envelope.digest.algorithm).toBe(digestAlgorithm);
    for (const member of [manifest.install, manifest.text]) {
      expect(member).toMatchObject({ at: "envelope", digest: { algorithm: digestAlgorithm } });
    }
    const digest = digestOf(nodeCrypto, digestAlgorithm, testRelease.image);
    expect(fromInput.payload.digest).toEqual(digest);
    expect(fromInput.payload.uri).toBe(`${digestAlgorithm.replace("-", "")}-${bytesToHex(digest.bytes)}.bin`);
    for (const content of fromInput.severed.values()) expect(content.length).toBeGreaterThanOrEqual(slot);
    clean(fromInput.envelope);
  });

  test("a member shorter than the longer digest stays in the manifest", () => {
    const short = { carried: "beside", uri: "v1.bin" } as const;
    const description = { vendor: "a.de", product: "x", components: [{ id: ["a"], name: "a", maxSize: 20n }] };
    const at = (digestAlgorithm: "sha-256" | "sha-512") =>
      parsed(build({ description, version: "1", payload: short, digestAlgorithm }).envelope).manifest.text?.at;
    expect([at("sha-256"), at("sha-512")]).toEqual(["inline", "inline"]);
    const longer = { ...description, vendorName: "Vendor of something" };
    const place = (digestAlgorithm: "sha-256" | "sha-512") =>
      parsed(build({ description: longer, version: "1", payload: short, digestAlgorithm }).envelope).manifest.text?.at;
    expect([place("sha-256"), place("sha-512")]).toEqual(["envelope", "inline"]);
  });
});

test("texts in several languages, with the same facts in each", () => {
  const { envelope } = build({
    description: {
      ...testDescription,
      language: "en-GB",
      translations: [{ language: "de", description: "Fernwirkgerät, simuliert", names: ["Anwendung"] }],
    },
  });
  const { members } = parsed(envelope);
  const facts = { modelName: "rtu-demo", vendorDomain: "vendor.example", version: "1.1.0" };
  expect(members.text?.languages).toMatchObject([
    {
      language: "de",
      manifestDescription: "Fernwirkgerät, simuliert",
      components: [{ ...facts, description: "Anwendung" }],
    },
    { language: "en-GB", components: [{ ...facts, vendorName: "Example Vendor", description: "application" }] },
  ]);
  clean(envelope);
});

test("a private enterprise number as vendor identifier", () => {
  const { envelope, vendorId } = build({ description: { ...testDescription, vendorPen: 32473 } });
  expect(bytesToHex(vendorId)).toBe("d8704381fd59");
  const [first] = parsed(envelope).manifest.shared?.commands ?? [];
  expect(first).toMatchObject({ parameters: { vendorIdentifier: vendorId } });
  clean(envelope);
});

describe("update-management", () => {
  const unstableUpdateManagement14 = {
    useBefore: 1_900_000_000n,
    priority: -5n,
    installed: { comparison: "greater-or-equal", version: [1, 0] },
    setVersion: "release",
  } as const;

  test("its conditions stand before the fetch, and in no sequence that runs at boot", () => {
    const { envelope } = build({ description: { ...testDescription, unstableUpdateManagement14 } });
    const { manifest, members } = parsed(envelope);
    expect(manifest.setVersion).toEqual([1, 1, 0]);
    const { useBefore, installed, priority } = unstableUpdateManagement14;
    expect(members.install?.commands[0]).toMatchObject({
      parameters: { useBefore, version: installed, updatePriority: priority },
    });
    expect(spoken(members.install).slice(1)).toEqual(["use-before", "version", "uri", "fetch", "image-match"]);
    for (const sequence of [manifest.shared, manifest.validate, manifest.invoke]) {
      expect(spoken(sequence)).not.toContain("use-before");
      expect(spoken(sequence)).not.toContain("version");
    }
    clean(envelope);
  });

  test("without the section there is nothing of it", () => {
    const plain = parseManifest(opened(build().envelope).manifest);
    expect(plain.ok && plain.value.setVersion).toBeUndefined();
  });

  test("a version that devices cannot compare is refused as set-version", () => {
    const input = {
      ...testRelease,
      description: { ...testDescription, unstableUpdateManagement14 },
      version: "1.1~dev",
    };
    expect(buildManifest(input, buildContext)).toEqual({
      ok: false,
      error: { code: "version-invalid", version: "1.1~dev" },
    });
  });
});

describe("an encrypted payload", () => {
  const encrypt = (image: Uint8Array) => {
    const done = encryptPayload(
      image,
      [{ kind: "key-encryption", keyId: segment("kek"), secret: new Uint8Array(16) }],
      nodeEncryption,
    );
    if (!done.ok) throw new Error(done.error.code);
    return done.value;
  };

  test("is what is published; the image is what is signed and checked", () => {
    const encrypted = encrypt(testRelease.image);
    const release = build({ encrypted });
    const { manifest, members } = parsed(release.envelope);
    expect(manifest.components).toEqual([[segment("firmware")], [segment("firmware"), segment("encrypted")]]);
    expect(release.payloads).toEqual([
      {
        uri: expect.stringMatching(/^sha256-[0-9a-f]{64}\.bin$/),
        digest: digestOf(nodeCrypto, "sha-256", encrypted.ciphertext),
        size: BigInt(encrypted.ciphertext.length),
        bytes: encrypted.ciphertext,
      },
    ]);
    expect(manifest.shared?.commands.at(-1)).toMatchObject({
      parameters: { imageDigest: digestOf(nodeCrypto, "sha-256", testRelease.image), imageSize: 15n },
    });
    expect(spoken(members.install)).toEqual([
      "at 1",
      "imageDigest imageSize uri",
      "fetch",
      "image-match",
      "at 0",
      "encryptionInfo sourceComponent",
      "copy",
      "image-match",
    ]);
    expect(spoken(manifest.validate)).toEqual(["at 0", "image-match"]);
    clean(release.envelope);
  });

  test("beside one that is not", () => {
    const [first, second] = several().components;
    if (first === undefined || second === undefined) throw new Error("two");
    const components = [first, { ...second, encrypted: encrypt(second.image) }];
    const release = buildSeveral({ components });
    expect(parsed(release.envelope).manifest.components).toHaveLength(3);
    clean(release.envelope);
  });

  test("in each component, each with a place of its own for the ciphertext", () => {
    const components = several().components.map((one) => ({ ...one, encrypted: encrypt(one.image) }));
    const { manifest, members } = parsed(buildSeveral({ components }).envelope);
    expect(manifest.components.map((id) => id.map((part) => new TextDecoder().decode(part)).join("/"))).toEqual([
      "firmware",
      "settings",
      "firmware/encrypted",
      "settings/encrypted",
    ]);
    expect(spoken(members.install).filter((words) => words.startsWith("at"))).toEqual(["at 2", "at 0", "at 3", "at 1"]);
  });
});
