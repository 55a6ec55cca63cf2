import { encode, Tagged } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf, type ManifestInput, serializeManifest } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import type { FindingFacts } from "./finding.ts";
import {
  at,
  changed,
  component,
  findingsIn,
  identity,
  image,
  imageDigest,
  imageName,
  install,
  override,
  runSequence,
  shared,
} from "./lint.test.support.ts";
import { lintRelease } from "./lint.ts";
import { parseRecipientProfile, type RecipientLimit, type RecipientProfile } from "./recipient-profile.ts";
import { build, buildContext, commands, enclose, makeSigner, testDescription } from "./release.test.support.ts";
import { signEnvelope } from "./sign-envelope.ts";

type ExceededFacts = Extract<FindingFacts, { code: "recipient-limit-exceeded" }>;
type UnsupportedFacts = Extract<FindingFacts, { code: "recipient-unsupported" }>;

const manifest: ManifestInput = changed({
  ...install(override({ uri: imageName, invokeArgs: new Uint8Array(5) }), "fetch", "image-match"),
  shared: commands(override(shared), runSequence(...identity)),
});
const bytes = enclose(manifest);
/** One dependency, so that there is something to count. */
const dependent = enclose(
  changed({
    components: [component, [Uint8Array.of(1)]],
    dependencies: [{ index: 1 }],
    shared: commands(at("all"), override(shared), ...identity),
    ...install(at(0), override({ uri: imageName }), "fetch", "image-match"),
    validate: commands(at(0), "image-match"),
    invoke: commands(at(0), "invoke"),
  }),
);

function against(file: Uint8Array, profile: Partial<RecipientProfile>): readonly (ExceededFacts | UnsupportedFacts)[] {
  return findingsIn(file, { recipient: { name: "test", limits: {}, supports: {}, ...profile } }).filter(
    (found) => found.code === "recipient-limit-exceeded" || found.code === "recipient-unsupported",
  );
}

/** What the envelope has of each: counted by hand, so that the lint does not count for itself. */
const has: readonly (readonly [Exclude<RecipientLimit, "imageBytes">, bigint, Uint8Array])[] = [
  ["envelopeBytes", BigInt(bytes.length), bytes],
  ["manifestBytes", BigInt(serializeManifest(manifest).length), bytes],
  ["components", 1n, bytes],
  ["dependencies", 1n, dependent],
  // Shared: override, run-sequence and two conditions; install 3, validate 1, invoke 1.
  ["commands", 9n, bytes],
  ["sequenceItems", 6n, bytes],
  // Manifest, common, shared sequence, and in that a digest or the nested sequence.
  ["depth", 4n, bytes],
  ["uriBytes", BigInt(imageName.length), bytes],
  ["invokeArgsBytes", 5n, bytes],
];

describe("limits of a recipient, one by one", () => {
  test.each(has)("%s: what is at the limit passes, one less is found", (limit, found, file) => {
    expect(against(file, { limits: { [limit]: found } })).toEqual([]);
    const over = against(file, { limits: { [limit]: found - 1n } });
    expect(over).toEqual([
      {
        code: "recipient-limit-exceeded",
        severity: "error",
        offset: expect.any(Number),
        limit,
        found,
        allowed: found - 1n,
      },
    ]);
  });

  test("images: by component, at the limit and one byte over", () => {
    const release = build({ image: new Uint8Array(100) }).envelope;
    const slot = (maxSize: bigint) => ({ components: [{ id: ["firmware"], maxSize }] });
    expect(against(release, slot(100n))).toEqual([]);
    expect(against(release, slot(99n))).toMatchObject([
      { limit: "imageBytes", found: 100n, allowed: 99n, component: "6669726d77617265" },
    ]);
    expect(against(release, { components: [{ id: ["other"], maxSize: 100n }] })).toMatchObject([
      { code: "recipient-unsupported", what: "component", name: "6669726d77617265" },
    ]);
  });

  test("a limit of nothing is a limit", () => {
    expect(against(bytes, { limits: { dependencies: 0n } })).toEqual([]);
    expect(against(bytes, { limits: { components: 0n } })).toHaveLength(1);
  });

  test("severed members count too", () => {
    const { envelope, severed } = build();
    expect(severed.has("install")).toBe(true);
    expect(against(envelope, { limits: { commands: 8n } })).toEqual([]);
    expect(against(envelope, { limits: { commands: 7n } })).toHaveLength(1);
  });
});

const everything = {
  "manifest-member": [
    "manifest-version",
    "manifest-sequence-number",
    "common",
    "components",
    "shared-sequence",
    "reference-uri",
    "validate",
    "invoke",
    "install",
  ],
  condition: ["vendor-identifier", "class-identifier", "image-match"],
  directive: ["override-parameters", "run-sequence", "fetch", "invoke"],
  parameter: ["vendor-identifier", "class-identifier", "image-digest", "image-size", "uri", "invoke-args"],
  digest: ["sha-256"],
} as const;

describe("what a recipient supports", () => {
  test("all of it", () => {
    expect(against(bytes, { supports: everything })).toEqual([]);
  });

  const each = Object.entries(everything).flatMap(([what, names]) => names.map((name) => [what, name] as const));
  test.each(each)("everything but the %s %s", (what, name) => {
    const names: readonly string[] = everything[what as keyof typeof everything];
    const supports = { ...everything, [what]: names.filter((one) => one !== name) };
    const found = against(bytes, { supports });
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) expect(one).toMatchObject({ code: "recipient-unsupported", what, name });
  });

  test.each([
    ["trust-domains", dependent],
    ["update-management-14", enclose(changed({ setVersion: [1, 2] }))],
    [
      "firmware-encryption",
      enclose(changed(install(override({ encryptionInfo: image, uri: imageName }), "fetch", "image-match"))),
    ],
  ])("the extension %s", (name, file) => {
    expect(against(file, { supports: { extension: [name] } })).toEqual([]);
    expect(against(file, { supports: { extension: [] } })).toMatchObject([{ what: "extension", name }]);
  });

  test("digests of severed members and of the wrapper", () => {
    const file = build({ digestAlgorithm: "sha-384" }).envelope;
    expect(against(file, { supports: { digest: ["sha-384"] } })).toEqual([]);
    // Wrapper, image, install and text.
    expect(against(file, { supports: { digest: ["sha-256"] } })).toHaveLength(4);
    const mixed = digestOf(nodeCrypto, "sha-512", image);
    const image512 = enclose(changed({ shared: commands(override({ ...shared, imageDigest: mixed }), ...identity) }));
    expect(against(image512, { supports: { digest: ["sha-256"] } })).toMatchObject([{ name: "sha-512" }]);
  });

  test("one signature that it can check is enough, and an unsigned envelope is not judged", async () => {
    let envelope = build().envelope;
    const ed25519 = { supports: { signature: ["Ed25519"] } };
    const esp256 = { supports: { signature: ["ESP256"] } };
    expect(against(envelope, ed25519)).toEqual([]);
    for (const algorithm of ["ml-dsa-65", "esp256"] as const) {
      const signed = await signEnvelope(envelope, makeSigner(algorithm), { crypto: nodeCrypto });
      if (!signed.ok) throw new Error(signed.error.code);
      envelope = signed.value.envelope;
    }
    expect(against(envelope, esp256)).toEqual([]);
    expect(against(envelope, ed25519)).toMatchObject([{ what: "signature", name: "ML-DSA-65, ESP256" }]);
    const mac = encode(new Tagged(17, [encode(new Map([[1, 5]])), new Map(), null, Uint8Array.of(0)]));
    expect(against(enclose(manifest, { blocks: [mac] }), ed25519)).toMatchObject([{ name: "tag 17" }]);
  });
});

describe("the profile files", () => {
  const example = async (name: string): Promise<RecipientProfile> => {
    const { readFile } = await import("node:fs/promises");
    const file = await readFile(new URL(`../profiles/${name}.yaml`, import.meta.url));
    const profile = parseRecipientProfile(new Uint8Array(file));
    if (!profile.ok) throw new Error(profile.error.code);
    return profile.value;
  };

  test("what the builder makes fits the minimal recipient, and two components do not", async () => {
    const profile = await example("minimal-recipient");
    const { envelope } = build();
    expect(lintRelease(envelope, { ...buildContext, recipient: profile })).toEqual({ ok: true, value: [] });
    const many = enclose(
      changed({
        components: [component, [Uint8Array.of(1)]],
        shared: commands(at("all"), override(shared), ...identity),
        ...install(at(0), override({ uri: imageName }), "fetch", "image-match"),
        validate: commands(at(0), "image-match"),
        invoke: commands(at(0), "invoke"),
      }),
    );
    const found = against(many, profile).map((one) => ("limit" in one ? one.limit : `${one.what} ${one.name}`));
    expect([...new Set(found)].sort()).toEqual([
      "component 00",
      "component 01",
      "components",
      "directive set-component-index",
    ]);
  });

  test("libcsuit takes three components and a URI of 256 bytes", async () => {
    const profile = await example("libcsuit");
    const fetching = (length: number) =>
      enclose(changed(install(override({ uri: `${"1.2/".padEnd(length, "a")}` }), "fetch", "image-match")));
    expect(against(fetching(256), profile)).toEqual([]);
    expect(against(fetching(257), profile)).toMatchObject([{ limit: "uriBytes", found: 257n, allowed: 256n }]);
    const image384 = build({ digestAlgorithm: "sha-384", description: testDescription }).envelope;
    expect(against(image384, profile)).not.toEqual([]);
    expect(imageDigest.algorithm).toBe("sha-256");
  });
});
