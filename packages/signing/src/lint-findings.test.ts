import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  digestOf,
  type EnvelopeParts,
  encloseBytes,
  encodeDigest,
  manifestDigest,
  parseUuid,
  type SuitDigest,
  serializeManifest,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { encryptPayload } from "./encrypt-payload.ts";
import { explain } from "./explain.ts";
import { type FindingFacts, severityOf } from "./finding.ts";
import {
  at,
  type Changes,
  changed,
  classId,
  component,
  findingsIn,
  good,
  identity,
  image,
  imageDigest,
  imageName,
  inline,
  install,
  override,
  shared,
  text,
  texts,
  tryEach,
  vendorId,
  without,
} from "./lint.test.support.ts";
import type { LintContext } from "./lint.ts";
import type { PastRelease } from "./lint-history.ts";
import type { RecipientProfile } from "./recipient-profile.ts";
import { commands, enclose } from "./release.test.support.ts";

const inside = new Map([["#image", image]]);
const fetchInside = [override({ uri: "#image" }), "fetch"];

/** What a device at this place reads first: the bytes that the finding points at, in hex. */
type Row = readonly [
  name: string,
  facts: FindingFacts,
  pointsAt: string,
  changes: Changes,
  parts?: Partial<EnvelopeParts>,
  context?: Partial<LintContext>,
];

const vendorV1 = vendorId.with(6, 0x1d);
const manifestStart = "a70101";

// Severed members, and their digests in the manifest.
const severedBytes = (content: Uint8Array): SuitDigest => manifestDigest(encloseBytes(content), "sha-256", nodeCrypto);
const shortInstall = encode([20, new Map([[21, "#image"]]), 21, 0, 3, 0]);

// A dependency: the good manifest, and manifests that run it.
const dependency = enclose({ ...good, components: [[Uint8Array.of(5)]] });
const dependencyDigest = manifestDigest(
  encloseBytes(serializeManifest({ ...good, components: [[Uint8Array.of(5)]] })),
  "sha-256",
  nodeCrypto,
);
const run = ["dependency-integrity", "process-dependency"];
const forBoth = [at("all"), override({ vendorIdentifier: vendorId, classIdentifier: classId }), ...identity];
const forImage = [at(0), override({ imageDigest, imageSize: 1n })];
const forDependency = [at(1), override({ imageDigest: dependencyDigest })];
const fetchImage = [at(0), override({ uri: imageName }), "fetch", "image-match"];
const fetchDependency = [at(1), override({ uri: "#dependency" }), "fetch"];
const dependent: Changes = {
  components: [component, [Uint8Array.of(1)]],
  dependencies: [{ index: 1 }],
  shared: commands(...forBoth, ...forImage, ...forDependency),
  install: inline(commands(...fetchImage, ...fetchDependency, ...run)),
  validate: commands(at(0), "image-match", at(1), ...run),
  invoke: commands(at(0), "invoke", at(1), ...run),
};
const carried: Partial<EnvelopeParts> = { integratedPayloads: new Map([["#dependency", dependency]]) };

// Encryption, right and with the two keys of a recipient's header exchanged.
const encrypted = encryptPayload(
  image,
  [{ kind: "key-encryption", keyId: Uint8Array.of(1), secret: new Uint8Array(16) }],
  nodeEncryption,
);
if (!encrypted.ok) throw new Error(encrypted.error.code);
const { ciphertext, encryptionInfo } = encrypted.value;
const sorted = bytesToHex(encryptionInfo);
const unsorted = new Uint8Array(Buffer.from(sorted.replace("a20122044101", "a20441010122"), "hex"));
const ciphertextName = `${bytesToHex(digestOf(nodeCrypto, "sha-256", ciphertext).bytes)}.bin`;
const decrypting = (info: Uint8Array): Changes => ({
  components: [component, [Uint8Array.of(1)]],
  shared: commands(...forBoth, ...forImage),
  install: inline(
    commands(
      at(1),
      override({ imageDigest: digestOf(nodeCrypto, "sha-256", ciphertext), imageSize: 17n, uri: ciphertextName }),
      "fetch",
      "image-match",
      at(0),
      override({ encryptionInfo: info, sourceComponent: 1 }),
      "copy",
      "image-match",
    ),
  ),
  validate: commands(at(0), "image-match"),
  invoke: commands(at(0), "invoke"),
});

const past = (changes: Partial<PastRelease>): PastRelease => ({
  sequence: 6n,
  manifestDigest: "aa",
  classIds: [bytesToHex(classId)],
  components: ["00"],
  ...changes,
});
const profile = (changes: Partial<RecipientProfile>): Partial<LintContext> => ({
  recipient: { name: "test", limits: {}, supports: {}, ...changes },
});
const legacyBlock = encode(new Tagged(18, [encode(new Map([[1, -8]])), new Map(), null, new Uint8Array(64)]));

const rows: readonly Row[] = [
  [
    "no vendor condition",
    { code: "identity-condition-missing", condition: "vendor-identifier" },
    "8414a4",
    { shared: commands(override(shared), "class-identifier") },
  ],
  [
    "no class condition",
    { code: "identity-condition-missing", condition: "class-identifier" },
    "8414a4",
    { shared: commands(override(shared), "vendor-identifier") },
  ],
  [
    "a condition without its parameter",
    { code: "parameter-missing", command: "class-identifier", parameter: "class-identifier", index: 0 },
    "0200",
    { shared: commands(override(without("classIdentifier")), ...identity) },
  ],
  [
    "a write after the last image-match",
    { code: "image-match-missing", directive: "write", index: 0 },
    "1200",
    { validate: commands("image-match", override({ content: image }), "write") },
  ],
  [
    "a copy that nothing compares",
    { code: "image-match-missing", directive: "copy", index: 1 },
    "1600",
    {
      components: [component, [Uint8Array.of(1)]],
      shared: commands(...forBoth, ...forImage),
      install: inline(commands(...fetchImage, at(1), override({ sourceComponent: 0 }), "copy")),
      validate: commands(at(0), "image-match"),
      invoke: commands(at(0), "invoke"),
    },
  ],
  [
    "a swap that nothing compares",
    { code: "image-match-missing", directive: "swap", index: 1 },
    "181f00",
    {
      components: [component, [Uint8Array.of(1)]],
      shared: commands(...forBoth, ...forImage),
      install: inline(commands(...fetchImage, at(1), override({ sourceComponent: 0 }), "swap")),
      validate: commands(at(0), "image-match"),
      invoke: commands(at(0), "invoke"),
    },
  ],
  [
    "a copy from outside the list",
    { code: "source-component-invalid", directive: "copy", index: 0, source: 9 },
    "1600",
    install(override({ sourceComponent: 9 }), "copy", "image-match"),
  ],
  [
    "content with the digest of something else",
    { code: "content-mismatch", index: 0 },
    "1200",
    install(override({ content: Uint8Array.of(2) }), "write", "image-match"),
  ],
  [
    "an abort that nobody passes",
    { code: "sequence-aborts", section: "validate" },
    "0e00",
    { validate: commands("abort", "image-match") },
  ],
  [
    "a digest without size",
    { code: "image-size-missing", index: 0 },
    "14a3",
    { shared: commands(override(without("imageSize")), ...identity) },
  ],
  [
    "a payload that nothing fetches",
    { code: "integrated-payload-unmatched", uri: "#image", because: "not-fetched" },
    "01",
    {},
    { integratedPayloads: inside },
  ],
  [
    "a payload that is not the image",
    { code: "integrated-payload-unmatched", uri: "#image", because: "other-bytes" },
    "02",
    install(...fetchInside, "image-match"),
    { integratedPayloads: new Map([["#image", Uint8Array.of(2)]]) },
  ],
  ["no validate", { code: "validate-missing" }, "a60101", { validate: undefined }],
  [
    "a validate that looks at something else",
    { code: "validate-without-image-match" },
    "8201",
    { validate: commands("vendor-identifier") },
  ],
  [
    "a text inside as long as a digest",
    { code: "text-not-severed", size: 36 },
    "a162",
    { text: text({ modelName: "a".repeat(24) }) },
  ],
  [
    "a severed member shorter than a digest",
    { code: "severed-without-gain", member: "install", size: shortInstall.length },
    "8614",
    { install: { at: "envelope", digest: severedBytes(shortInstall) } },
    { severed: new Map([["install", shortInstall]]), integratedPayloads: inside },
  ],
  [
    "a severed member that did not come along",
    { code: "member-absent", member: "install" },
    manifestStart,
    { install: { at: "envelope", digest: imageDigest } },
  ],
  ["no reference URI", { code: "reference-uri-missing" }, "a60101", { referenceUri: undefined }],
  [
    "a deprecated algorithm",
    { code: "legacy-algorithm", algorithm: -8, replacement: -19 },
    "d284",
    {},
    { blocks: [legacyBlock] },
  ],
  [
    "a URI that says nothing",
    { code: "uri-not-immutable", uri: "firmware.bin", because: "unversioned", index: 0 },
    "14a1156c",
    install(override({ uri: "firmware.bin" }), "fetch", "image-match"),
  ],
  [
    "a UUID with a clock in it",
    { code: "uuid-version", parameter: "vendor-identifier", version: 1 },
    "14a4",
    { shared: commands(override({ ...shared, vendorIdentifier: vendorV1 }), ...identity) },
  ],
  [
    "a text about another component",
    { code: "text-component-unknown", component: "09" },
    "a162",
    { text: text({ modelName: "a" }, [Uint8Array.of(9)]) },
  ],
  [
    "a text with another vendor",
    { code: "text-vendor-contradicts", component: "00", language: "en", domain: "other.example" },
    "a162",
    { text: text({ vendorDomain: "other.example" }) },
  ],
  [
    "a text with another model",
    { code: "text-model-contradicts", component: "00", language: "en", model: "rtu" },
    "a162",
    { text: text({ vendorDomain: "vendor.example", modelName: "rtu" }) },
  ],
  [
    "a text with another version than set-version",
    {
      code: "text-version-contradicts",
      component: "00",
      language: "en",
      version: "1.2.0",
      signed: "1.2.1",
      field: "set-version",
    },
    "a162",
    { setVersion: [1, 2, 1], text: text({ version: "1.2.0" }) },
  ],
  [
    "a text with another version than what has to arrive",
    {
      code: "text-version-contradicts",
      component: "00",
      language: "en",
      version: "1.2.0",
      signed: "at least 1.3",
      field: "version",
    },
    "a162",
    {
      ...install(
        override({ uri: imageName, version: { comparison: "greater-or-equal", version: [1, 3] } }),
        "fetch",
        "image-match",
        "version",
      ),
      text: text({ version: "1.2.0" }),
    },
  ],
  [
    "versions that differ from language to language",
    { code: "text-languages-disagree", component: "00", field: "component-version", values: ["1.0", "1.1"] },
    "a262",
    { text: texts(["de", { version: "1.0" }], ["en", { version: "1.1" }]) },
  ],
  [
    "vendors that differ from language to language",
    {
      code: "text-languages-disagree",
      component: "00",
      field: "vendor-domain",
      values: ["a.de", "b.de"],
    },
    "a262",
    {
      // Random: an identifier that no text is the source of.
      shared: commands(override({ ...shared, vendorIdentifier: vendorId.with(6, 0x4d) }), ...identity),
      text: texts(["de", { vendorDomain: "a.de" }], ["en", { vendorDomain: "b.de" }]),
    },
  ],
  [
    "a sequence number that was used",
    { code: "sequence-reused", sequence: 7n, earlier: "aa" },
    manifestStart,
    {},
    {},
    { earlier: [past({ sequence: 7n })] },
  ],
  [
    "a sequence number below an earlier one",
    { code: "sequence-not-higher", sequence: 7n, highest: 9n },
    manifestStart,
    {},
    {},
    { earlier: [past({ sequence: 9n }), past({ sequence: 8n })] },
  ],
  [
    "a dependency that is no component",
    { code: "dependency-index-outside", index: 1, components: 1 },
    "01a101a0",
    { ...dependent, components: [component] },
    carried,
  ],
  [
    "a dependency with a size",
    { code: "dependency-image-size", index: 1, size: 300n },
    "14a10e",
    {
      ...dependent,
      invoke: commands(at(0), "invoke", at(1), override({ imageSize: 300n }), ...run),
    },
    carried,
  ],
  [
    "a dependency that was not checked",
    { code: "dependency-integrity-missing", index: 1 },
    "0b00",
    {
      ...dependent,
      install: inline(commands(...fetchImage, ...fetchDependency, "image-match", "process-dependency")),
    },
    carried,
  ],
  [
    "a dependency that was checked in one alternative only",
    { code: "dependency-integrity-missing", index: 1 },
    "0b00",
    {
      ...dependent,
      install: inline(
        commands(
          ...fetchImage,
          ...fetchDependency,
          tryEach(["dependency-integrity"], ["image-match"]),
          "process-dependency",
        ),
      ),
    },
    carried,
  ],
  [
    "a sequence of a dependency that is never run",
    { code: "dependency-section-not-run", index: 1, section: "validate" },
    "840c",
    { ...dependent, validate: commands(at(0), "image-match") },
    carried,
  ],
  [
    "a payload with the wrong header of encryption",
    { code: "encryption-info-invalid", because: "truncated" },
    "5818",
    decrypting(encryptionInfo.subarray(0, -1)),
  ],
  ["a header of encryption in another order", { code: "encryption-header-unsorted" }, "0122", decrypting(unsorted)],
  [
    "more than a recipient takes",
    { code: "recipient-limit-exceeded", limit: "imageBytes", found: 1n, allowed: 0n, component: "00" },
    "14a4",
    {},
    {},
    profile({ components: [{ id: ["\u0000"], maxSize: 0n }] }),
  ],
  [
    "what a recipient lacks",
    { code: "recipient-unsupported", what: "directive", name: "invoke" },
    "1700",
    {},
    {},
    profile({ supports: { directive: ["override-parameters", "fetch"] } }),
  ],
];

describe("each finding, by one failure", () => {
  test.each(rows.map((row) => [row[0], row] as const))("%s", (_, [, facts, pointsAt, changes, parts, context]) => {
    const bytes = enclose(changed(changes), parts);
    const found = findingsIn(bytes, context);
    expect(found).toEqual([{ ...facts, severity: severityOf[facts.code], offset: expect.any(Number) }]);
    const offset = found[0]?.offset ?? 0;
    expect(bytesToHex(bytes.subarray(offset, offset + pointsAt.length / 2))).toBe(pointsAt);
    const { problem, remedy } = explain({ ...facts, severity: "error", offset });
    expect(problem.length).toBeGreaterThan(10);
    expect(remedy).not.toMatch(/undefined/);
  });

  test("every code has a row", () => {
    expect([...new Set(rows.map(([, { code }]) => code))].sort()).toEqual(Object.keys(severityOf).sort());
  });

  test.each<[string, Changes, Partial<EnvelopeParts>, Partial<LintContext>]>([
    ["the good manifest", {}, {}, { earlier: [past({})] }],
    ["a payload inside that is matched", install(...fetchInside, "image-match"), { integratedPayloads: inside }, {}],
    ["a dependency inside that is run wherever it has a sequence", dependent, carried, {}],
    ["an image that is decrypted, and matched before and after", decrypting(encryptionInfo), {}, {}],
    [
      "texts that agree with what is signed",
      {
        setVersion: [1, 2],
        text: texts(
          ["de", { vendorDomain: "vendor.example", version: "1.2.0" }],
          ["en", { modelName: "Terminal", modelInfo: "rtu-demo", vendorDomain: "vendor.example", version: "1.2.0" }],
        ),
      },
      {},
      {},
    ],
  ])("nothing to say about %s", (_, changes, parts, context) => {
    const found = findingsIn(enclose(changed(changes), parts), context);
    expect(found.filter(({ code }) => code !== "text-not-severed")).toEqual([]);
  });
});

describe("each of these alone is no failure, or is one", () => {
  const codes = (changes: Changes, parts: Partial<EnvelopeParts> = {}, context: Partial<LintContext> = {}) =>
    findingsIn(enclose(changed(changes), parts), context)
      .map(({ code }) => code)
      .filter((code) => code !== "text-not-severed");

  const needing: readonly (readonly [string, string])[] = [
    ["device-identifier", "device-identifier"],
    ["image-not-match", "image-digest"],
    ["use-before", "use-before"],
    ["component-slot", "component-slot"],
    ["check-content", "content"],
    ["version", "version"],
    ["write", "content"],
    ["copy", "source-component"],
    ["swap", "source-component"],
  ];
  test.each(needing)("%s without %s", (command, parameter) => {
    const shared =
      parameter === "image-digest"
        ? commands(override({ vendorIdentifier: vendorId, classIdentifier: classId }), ...identity)
        : undefined;
    const install = inline(commands(command));
    const found = findingsIn(enclose(changed({ install, ...(shared && { shared }) })));
    expect(found).toContainEqual(expect.objectContaining({ code: "parameter-missing", command, parameter, index: 0 }));
  });

  test("a payload inside that is fetched and not compared", () => {
    const found = findingsIn(
      enclose(changed({ ...install(...fetchInside), validate: undefined }), { integratedPayloads: inside }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ code: "integrated-payload-unmatched", because: "not-matched" }),
    );
  });

  test("set-parameters changes nothing that is set", () => {
    const set = (uri: string) => ({ kind: "set-parameters", parameters: { uri } }) as const;
    const fetched = ["fetch", "image-match"];
    expect(codes(install(override({ uri: imageName }), set("firmware.bin"), ...fetched))).toEqual([]);
    expect(codes(install(set("firmware.bin"), ...fetched))).toEqual(["uri-not-immutable"]);
  });

  test("a random class identifier contradicts no model", () => {
    const random = commands(override({ ...shared, classIdentifier: classId.with(6, 0x4d) }), ...identity);
    expect(codes({ shared: random, text: text({ vendorDomain: "vendor.example", modelName: "rtu" }) })).toEqual([]);
  });

  test.each<[string, readonly number[], readonly string[]]>([
    ["1.2", [1, 2, 0], []],
    ["1.2.0", [1, 2], []],
    ["1.2.1", [1, 2], ["text-version-contradicts"]],
    ["1.2", [1, 2, 1], ["text-version-contradicts"]],
    ["1.2-rc.1", [1, 2], ["text-version-contradicts"]],
    ["1.2.0-rc1", [1, 2, 0], ["text-version-contradicts"]],
    ["1.2.0-beta2", [1, 2, 0], ["text-version-contradicts"]],
    ["1.2.0-rc1", [1, 2, 0, -1, 1], []],
    ["Spring", [1, 2], []],
  ])("the text %s beside set-version %j", (version, setVersion, expected) => {
    expect(codes({ setVersion, text: text({ version }) })).toEqual(expected);
  });

  const twoImages: Changes = {
    components: [component, [Uint8Array.of(1)]],
    shared: commands(...forBoth, ...forImage, at(1), override({ imageDigest, imageSize: 9n })),
    install: inline(commands(...fetchImage)),
    validate: commands(at(0), "image-match"),
    invoke: commands(at(0), "invoke"),
  };

  test("set-version is about the whole, so several components are not compared with it", () => {
    expect(codes({ ...twoImages, setVersion: [9], text: text({ version: "1.2" }) })).toEqual([]);
  });

  test("a version condition is about its own component, and about what is installed until something arrives", () => {
    const ask = override({ version: { comparison: "less", version: [1] } });
    const version = text({ version: "1.2" });
    expect(
      codes({ ...install(ask, "version", override({ uri: imageName }), "fetch", "image-match"), text: version }),
    ).toEqual([]);
    expect(
      codes({ ...install(ask, override({ uri: imageName }), "fetch", "image-match", "version"), text: version }),
    ).toEqual(["text-version-contradicts"]);
    const fetchOther = [at(1), override({ uri: imageName }), ask, "fetch", "image-match", "version"];
    expect(codes({ ...twoImages, install: inline(commands(...fetchImage, ...fetchOther)), text: version })).toEqual([]);
  });

  test("a member as long as a digest may be severed", () => {
    const padded = (length: number): Uint8Array => {
      const parameters = new Map<number, CborValue>([
        [21, "#image"],
        [25, new Uint8Array(length)],
      ]);
      return encode([20, parameters, 21, 0, 3, 0]);
    };
    const length = Array.from({ length: 40 }, (_, n) => n).find((n) => padded(n).length === 36) ?? 0;
    const severed = padded(length);
    expect(severed).toHaveLength(36);
    const parts = { severed: new Map([["install", severed] as const]), integratedPayloads: inside };
    expect(codes({ install: { at: "envelope", digest: severedBytes(severed) } }, parts)).toEqual([]);
  });

  test("images are held against the slot of their own component", () => {
    const components = [
      { id: ["\u0000"], maxSize: 1n },
      { id: ["\u0001"], maxSize: 9n },
    ];
    expect(codes(twoImages, {}, profile({ components }))).toEqual([]);
  });

  test("of two dependencies each is run for itself", () => {
    const third = [at(2), override({ imageDigest: dependencyDigest })];
    const both: Changes = {
      ...dependent,
      components: [component, [Uint8Array.of(1)], [Uint8Array.of(2)]],
      dependencies: [{ index: 1 }, { index: 2 }],
      shared: commands(...forBoth, ...forImage, ...forDependency, ...third),
      install: inline(commands(...fetchImage, ...fetchDependency, ...run, at(2), ...run)),
      invoke: commands(at(0), "invoke", at(1), ...run, at(2), ...run),
    };
    expect(findingsIn(enclose(changed(both), carried))).toMatchObject([
      { code: "dependency-section-not-run", index: 2, section: "validate" },
    ]);
  });

  test("a dependency that lies beside is judged against its manifest, and what is no dependency is passed over", () => {
    const beside = { ...dependent, validate: commands(at(0), "image-match") };
    const uri = `${bytesToHex(dependencyDigest.bytes)}.suit`;
    const fetched = { ...beside, install: inline(commands(...fetchImage, at(1), override({ uri }), "fetch", ...run)) };
    const contradictsItself = enclose(good, { digestElement: encodeDigest(imageDigest) });
    expect(codes(fetched)).toEqual([]);
    expect(codes(fetched, {}, { dependencies: [contradictsItself, dependency] })).toEqual([
      "dependency-section-not-run",
    ]);
  });

  test("what a dependency does not set, the manifest around it may have set", () => {
    const inner = changed({
      ...install(override({ uri: imageName }), "fetch", "image-match", "version"),
      components: [[Uint8Array.of(5)]],
    });
    const digest = manifestDigest(encloseBytes(serializeManifest(inner)), "sha-256", nodeCrypto);
    const around: Changes = {
      ...dependent,
      shared: commands(...forBoth, ...forImage, at(1), override({ imageDigest: digest })),
    };
    const parts = { integratedPayloads: new Map([["#dependency", enclose(inner)]]) };
    expect(findingsIn(enclose(inner))).toMatchObject([{ code: "parameter-missing", command: "version" }]);
    expect(codes(around, parts)).toEqual([]);
  });
});

test("the identifiers of the test are derived, so that a text can contradict them", () => {
  expect(parseUuid("bcc16965-6f3a-5338-9d83-d8b565c63bc7")).toEqual(vendorId);
});
