import { generateKeyPairSync, type KeyObject, sign as nodeSign } from "node:crypto";
import {
  type Algorithm,
  algorithmById,
  algorithmForScheme,
  buildSign1,
  serializeEmbeddedSign1,
  toBeSigned,
} from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type Command,
  type CommandInput,
  type CommandRecord,
  type CommandSequence,
  defaultLimits,
  encloseBytes,
  type Manifest,
  type ManifestInput,
  manifestDigest,
  parseManifest,
  type Report,
  type ReportSection,
  type ReportSigner,
  type ResolvedMembers,
  recordBeforeCommands,
  type SuitDigest,
  serializeManifest,
  serializeReport,
  signReport,
  trustDomains12,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import type { ReportRejection } from "./report-rejection.ts";
import { trustKey } from "./trust-record.ts";
import { type ReportContext, type ReportedUpdate, verifyReport } from "./verify-report.ts";

interface Key {
  readonly publicKey: PublicKey;
  readonly signer: ReportSigner;
}

function makeKey(scheme: "ed25519" | "ecdsa-p256-sha256", algorithm: Algorithm = algorithmForScheme(scheme)): Key {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } =
    scheme === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  const publicKey: PublicKey = { scheme, bytes: der.slice(scheme === "ed25519" ? -32 : -65) };
  const { keyId } = trustKey(publicKey, nodeCrypto);
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(
      scheme === "ed25519"
        ? nodeSign(null, bytes, pair.privateKey)
        : nodeSign("sha256", bytes, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }),
    );
  return { publicKey, signer: { keyId, algorithm, sign } };
}

const device = makeKey("ed25519");
const other = makeKey("ed25519");
const nonce = Uint8Array.of(1, 2, 3, 4);
const uri = "https://vendor.example/a";
const digest = { algorithm: "sha-256" as const, bytes: new Uint8Array(32).fill(0xd1) };
const foundDigest = { algorithm: "sha-256" as const, bytes: new Uint8Array(32).fill(0xbd) };

const match: CommandInput = { kind: "condition", condition: "image-match", policy: 0 };
const directive = (name: "fetch" | "invoke" | "copy", policy: number): CommandInput => ({
  kind: "directive",
  directive: name,
  policy,
});
const set: CommandInput = {
  kind: "override-parameters",
  parameters: { imageDigest: digest, imageSize: 5n, uri: "a", sourceComponent: 1 },
};
const input: ManifestInput = {
  sequenceNumber: 7n,
  components: [[Uint8Array.of(1)], [Uint8Array.of(2)]],
  referenceUri: uri,
  shared: { commands: [{ kind: "set-component-index", index: 0 }, set, match] },
  install: {
    at: "inline",
    value: {
      commands: [
        { kind: "set-component-index", index: 0 },
        directive("fetch", 2),
        directive("copy", 0),
        { kind: "try-each", sequences: [{ commands: [match] }, { commands: [directive("fetch", 0)] }], orNil: false },
      ],
    },
  },
  invoke: { commands: [{ kind: "set-component-index", index: 0 }, directive("invoke", 0)] },
};

function update(described: ManifestInput): ReportedUpdate {
  const received = encloseBytes(serializeManifest(described));
  const manifest = parseManifest(received, { ...defaultLimits, extensions: [trustDomains12] });
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  return {
    manifest: manifest.value,
    members: membersOf(manifest.value),
    manifestDigest: manifestDigest(received, "sha-256", nodeCrypto),
  };
}

const membersOf = ({ install }: Manifest): ResolvedMembers =>
  install?.at === "inline" ? { install: install.value } : {};

const reported = update(input);
const dependency = update({
  ...input,
  install: { at: "inline", value: { commands: [{ kind: "set-component-index", index: 0 }, match] } },
});
/** Two dependencies, of which the second one was processed: position 1, under index 5. */
const withDependency: ReportedUpdate = {
  ...update({ ...input, dependencies: [{ index: 3 }, { index: 5 }] }),
  dependencies: new Map([[5, dependency]]),
};
const aboutDependency = (entries: Report["entries"]): Report => ({
  ...good,
  reference: { uri, digest: withDependency.manifestDigest },
  entries,
  result: "success",
});

/** Where a command of the manifest above stands, found by what it is. */
function at(
  section: ReportSection,
  isIt: (command: Command) => boolean,
  from: ReportedUpdate = reported,
): CommandRecord {
  const { manifest, members } = from;
  const sequence = { common: manifest.shared, install: members.install, invoke: manifest.invoke }[section as "common"];
  const all = (one: CommandSequence): readonly Command[] =>
    one.commands.flatMap((command) =>
      command.kind === "try-each" ? [command, ...command.sequences.flatMap(all)] : [command],
    );
  const command = sequence && all(sequence).find(isIt);
  if (sequence === undefined || command === undefined) throw new Error("no such command");
  const offset = command.offset - sequence.offset;
  return { kind: "command", manifest: [], section, offset, component: 0, measured: {} };
}

const is =
  (name: string) =>
  (command: Command): boolean =>
    (command.kind === "condition" && command.condition === name) ||
    (command.kind === "directive" && command.directive === name) ||
    command.kind === name;

const matching: CommandRecord = { ...at("install", is("image-match")), measured: { imageDigest: foundDigest } };
const fetching = at("install", is("fetch"));
const copying = at("install", is("copy"));

const good: Report = {
  reference: { uri, digest: reported.manifestDigest },
  nonce,
  entries: [at("common", is("image-match")), fetching, matching],
  result: { code: 0, record: matching, reason: "condition-failed" },
};
const context: ReportContext = {
  crypto: nodeCrypto,
  deviceKey: trustKey(device.publicKey, nodeCrypto),
  update: reported,
  freshness: { nonce },
};

async function verify(
  report: Report,
  changes: Partial<ReportContext> = {},
  signer: ReportSigner = device.signer,
): Promise<ReturnType<typeof verifyReport>> {
  return verifyReport(await signReport(report, signer), { ...context, ...changes });
}

describe("believes", () => {
  test.each([nodeCrypto, nobleCrypto])("what the device signed, with everything it said", async (crypto) => {
    expect(await verify(good, { crypto })).toEqual({ ok: true, value: good });
  });

  test("a device with a P-256 key", async () => {
    const p256 = makeKey("ecdsa-p256-sha256");
    const deviceKey = trustKey(p256.publicKey, nodeCrypto);
    expect((await verify(good, { deviceKey }, p256.signer)).ok).toBe(true);
  });

  test.each<[string, Partial<Report>]>([
    ["a success", { result: "success" }],
    ["no records", { entries: [], result: "success" }],
    ["a directive that failed without a policy", { result: { code: 1, record: copying, reason: "operation-failed" } }],
    ["the hand-over of control", { result: { code: 0, record: at("invoke", is("invoke")), reason: "invoke-pending" } }],
    [
      "alternatives that were all tried",
      { result: { code: 0, record: at("install", is("try-each")), reason: "condition-failed" } },
    ],
    [
      "parameters that are not supported",
      { result: { code: 0, record: at("common", is("override-parameters")), reason: "parameter-unsupported" } },
    ],
    [
      "a refusal before a command ran",
      { entries: [], result: { code: 0, record: recordBeforeCommands, reason: "unauthorised" } },
    ],
    ["the second component", { entries: [{ ...fetching, component: 1 }] }],
    [
      "properties of the system",
      { entries: [{ kind: "system", component: [Uint8Array.of(9)], properties: { imageSize: 1n } }] },
    ],
  ])("%s", async (_, changes) => {
    expect((await verify({ ...good, ...changes })).ok).toBe(true);
  });

  test("a report without nonce where the channel is fresh", async () => {
    const { nonce: _, ...without } = good;
    expect((await verify(without, { freshness: "of-the-channel" })).ok).toBe(true);
  });

  test("a record of a dependency, at its place among them", async () => {
    const record: CommandRecord = { ...at("install", is("image-match"), dependency), manifest: [1] };
    const result = { code: 0, record, reason: "condition-failed" as const };
    expect((await verify({ ...aboutDependency([record]), result }, { update: withDependency })).ok).toBe(true);
  });

  test("a record for a dependency as a component", async () => {
    const report = aboutDependency([{ ...fetching, component: 5 }]);
    expect((await verify(report, { update: withDependency })).ok).toBe(true);
  });
});

describe("a success, and an image that was found where the manifest demands one", () => {
  const elsewhere = { algorithm: "sha-256" as const, bytes: new Uint8Array(32).fill(0xe1) };
  const named = (imageDigest: typeof digest): CommandInput => ({
    kind: "override-parameters",
    parameters: { imageDigest },
  });
  const first: CommandInput = { kind: "set-component-index", index: 0 };
  /** Names a second digest deep inside another section, and has a condition that is no match. */
  const rich = update({
    ...input,
    shared: {
      commands: [
        first,
        set,
        match,
        { kind: "override-parameters", parameters: { componentSlot: 1n } },
        { kind: "condition", condition: "component-slot", policy: 0 },
      ],
    },
    validate: {
      commands: [
        first,
        {
          kind: "run-sequence",
          sequence: { commands: [first, { kind: "run-sequence", sequence: { commands: [named(elsewhere)] } }] },
        },
      ],
    },
  });
  const success = (record: CommandRecord, of: ReportedUpdate = rich): Report => ({
    ...good,
    reference: { uri, digest: of.manifestDigest },
    entries: [record],
    result: "success",
  });
  const found = (record: CommandRecord, imageDigest: SuitDigest = foundDigest): CommandRecord => ({
    ...record,
    measured: { imageDigest },
  });
  const demanded = at("common", is("image-match"), rich);
  const contradicts = (record: CommandRecord) => ({
    ok: false,
    error: { code: "report-measurement-contradicts", section: record.section, offset: record.offset },
  });

  test("contradict each other, if it is none that the manifest names", async () => {
    expect(await verify(success(found(demanded)), { update: rich })).toEqual(contradicts(demanded));
  });

  test("are not compared in a dependency, where the dependent may have set the digest", async () => {
    const record: CommandRecord = { ...at("install", is("image-match"), dependency), manifest: [1] };
    expect((await verify(aboutDependency([found(record)]), { update: withDependency })).ok).toBe(true);
  });

  test.each<[string, CommandRecord]>([
    ["the image is the one", found(demanded, digest)],
    ["it is one that another section names, deep inside", found(demanded, elsewhere)],
    ["it was measured with another algorithm", found(demanded, { algorithm: "sha-512", bytes: new Uint8Array(64) })],
    ["no image was measured", { ...demanded, measured: { imageSize: 9n } }],
    ["nothing was demanded: a fetch", found(at("install", is("fetch"), rich))],
    ["nothing was demanded: another condition", found(at("common", is("component-slot"), rich))],
    ["an alternative may fail: a match in try-each", found(at("install", is("image-match"), rich))],
  ])("agree where %s", async (_, record) => {
    expect(await verify(success(record), { update: rich })).toMatchObject({ ok: true });
  });

  test("agree where it is no success", async () => {
    const result = { code: 0, record: demanded, reason: "condition-failed" as const };
    expect(await verify({ ...success(found(demanded)), result }, { update: rich })).toMatchObject({ ok: true });
  });
});

const failed = (
  record: CommandRecord,
  reason: "condition-failed" | "operation-failed" | "invoke-pending",
): Partial<Report> => ({
  result: { code: 0, record, reason },
});
const listed = (record: CommandRecord): Partial<Report> => ({ entries: [record] });

describe("a report of the right device that its manifest cannot have led to", () => {
  test.each<[string, Partial<Report>, ReportRejection]>([
    [
      "REPLAY another nonce",
      { nonce: Uint8Array.of(9) },
      { code: "report-nonce-mismatch", expected: "01020304", received: "09" },
    ],
    [
      "another manifest digest",
      { reference: { uri, digest } },
      {
        code: "report-digest-mismatch",
        expected: Buffer.from(reported.manifestDigest.bytes).toString("hex"),
        received: "d1".repeat(32),
      },
    ],
    [
      "another reference-uri",
      { reference: { ...good.reference, uri: `${uri}/` } },
      { code: "report-uri-mismatch", expected: uri, received: `${uri}/` },
    ],
    [
      "a sequence that is not there",
      listed({ ...fetching, section: "load" }),
      { code: "report-section-unknown", section: "load" },
    ],
    [
      "a failure in a sequence that is not there",
      failed({ ...fetching, section: "payload-fetch" }, "operation-failed"),
      { code: "report-section-unknown", section: "payload-fetch" },
    ],
    [
      "an offset with no command",
      listed({ ...fetching, offset: fetching.offset + 1 }),
      { code: "report-record-pointless", section: "install", offset: fetching.offset + 1 },
    ],
    [
      "a failure at an offset with no command",
      failed({ ...matching, offset: 0 }, "condition-failed"),
      { code: "report-record-pointless", section: "install", offset: 0 },
    ],
    [
      "an offset in another sequence",
      listed({ ...at("common", is("image-match")), section: "invoke" }),
      { code: "report-record-pointless", section: "invoke", offset: at("common", is("image-match")).offset },
    ],
    [
      "a directive without reporting policy",
      listed(copying),
      { code: "report-record-pointless", section: "install", offset: copying.offset },
    ],
    [
      "a command that is neither condition nor directive",
      listed(at("common", is("override-parameters"))),
      { code: "report-record-pointless", section: "common", offset: at("common", is("override-parameters")).offset },
    ],
    [
      "the record before commands, in the list",
      listed(recordBeforeCommands),
      { code: "report-record-pointless", section: "common", offset: 0 },
    ],
    [
      "a component that is not listed",
      listed({ ...fetching, component: 2 }),
      { code: "report-component-unknown", component: 2 },
    ],
    [
      "a failure of a component that is not listed",
      failed({ ...matching, component: 2 }, "condition-failed"),
      { code: "report-component-unknown", component: 2 },
    ],
    [
      "a dependency that is not there",
      listed({ ...fetching, manifest: [0] }),
      { code: "report-manifest-unknown", manifest: [0] },
    ],
    [
      "a fetch that did not match",
      failed(fetching, "condition-failed"),
      { code: "report-reason-contradicts", reason: "condition-failed", section: "install", offset: fetching.offset },
    ],
    [
      "a condition that did not work",
      failed(matching, "operation-failed"),
      { code: "report-reason-contradicts", reason: "operation-failed", section: "install", offset: matching.offset },
    ],
    [
      "a fetch that hands control over",
      failed(fetching, "invoke-pending"),
      { code: "report-reason-contradicts", reason: "invoke-pending", section: "install", offset: fetching.offset },
    ],
    [
      "control handed over before any command",
      failed(recordBeforeCommands, "invoke-pending"),
      { code: "report-record-pointless", section: "common", offset: 0 },
    ],
  ])("%s", async (_, changes, error) => {
    expect(await verify({ ...good, ...changes })).toEqual({ ok: false, error });
    expect(explain(error).problem).toMatch(/^[a-z]/);
    expect(explain(error).remedy).toMatch(/^[a-z]/);
  });

  test("REPLAY no nonce where one was asked for", async () => {
    const { nonce: _, ...without } = good;
    const error: ReportRejection = { code: "report-nonce-mismatch", expected: "01020304", received: null };
    expect(await verify(without)).toEqual({ ok: false, error });
    expect(explain(error).problem).toContain("does not carry the nonce");
  });

  test("a manifest without reference-uri, on which nobody can report", async () => {
    const { referenceUri: _, ...nameless } = input;
    const silent = update(nameless);
    const report = {
      ...good,
      reference: { uri: "", digest: silent.manifestDigest },
      entries: [],
      result: "success" as const,
    };
    const error: ReportRejection = { code: "report-uri-mismatch", expected: null, received: "" };
    expect(await verify(report, { update: silent })).toEqual({ ok: false, error });
    expect(explain(error).remedy).toContain("reference-uri");
  });

  test("a severed sequence that did not come along", async () => {
    expect(await verify(good, { update: { ...reported, members: {} } })).toEqual({
      ok: false,
      error: { code: "report-section-unknown", section: "install" },
    });
  });

  test.each([
    ["at the offset of another one", [1], 3, { code: "report-record-pointless" }],
    ["that was not processed", [0], 0, { code: "report-manifest-unknown", manifest: [0] }],
    ["beyond the last", [2], 0, { code: "report-manifest-unknown", manifest: [2] }],
    ["below one beyond the last", [2, 0], 0, { code: "report-manifest-unknown", manifest: [2, 0] }],
    ["below a dependency that has none", [1, 0], 0, { code: "report-manifest-unknown", manifest: [1, 0] }],
  ])("the command of a dependency %s", async (_, manifest, beyond, error) => {
    const record: CommandRecord = { ...fetching, manifest, offset: fetching.offset + beyond };
    expect(await verify(aboutDependency([record]), { update: withDependency })).toMatchObject({ ok: false, error });
  });

  test("the command of a dependency, where none were processed", async () => {
    const { dependencies: _, ...without } = withDependency;
    const record: CommandRecord = { ...fetching, manifest: [1] };
    expect(await verify(aboutDependency([record]), { update: without })).toMatchObject({
      ok: false,
      error: { code: "report-manifest-unknown", manifest: [1] },
    });
  });
});

describe("a report that is not the device's", () => {
  test("WRONG KEY another device's, under its own key id", async () => {
    const error = {
      code: "report-signer-unknown" as const,
      keyId: hex(other.signer.keyId),
      expected: hex(device.signer.keyId),
    };
    expect(await verify(good, {}, other.signer)).toEqual({ ok: false, error });
    expect(explain(error).problem).toMatch(/^the report is signed by key/);
  });

  test("WRONG KEY another device's, under this one's key id", async () => {
    const error = { code: "report-signature-invalid" as const, keyId: hex(device.signer.keyId) };
    expect(await verify(good, {}, { ...other.signer, keyId: device.signer.keyId })).toEqual({ ok: false, error });
    expect(explain(error).remedy).toContain("hostile");
  });

  test("an algorithm that is not the key's", async () => {
    const p256 = makeKey("ecdsa-p256-sha256");
    const error = { code: "report-algorithm-not-allowed" as const, algorithm: -9 };
    expect(await verify(good, {}, { ...p256.signer, keyId: device.signer.keyId })).toEqual({ ok: false, error });
    expect(explain(error).problem).toContain("-9");
  });

  test("a deprecated algorithm, even of the right key", async () => {
    const payload = serializeReport(good);
    const legacy = algorithmById(-8);
    if (legacy === undefined) throw new Error("no EdDSA");
    const header = Uint8Array.of(0xa1, 0x01, 0x27);
    const signature = await device.signer.sign(toBeSigned(header, payload));
    const current = buildSign1({ ...device.signer, signature });
    const bytes = serializeEmbeddedSign1({ ...current, protected: header, algorithm: -8 }, payload);
    expect(verifyReport(bytes, context)).toEqual({
      ok: false,
      error: { code: "report-algorithm-not-allowed", algorithm: -8 },
    });
  });

  test("no algorithm", async () => {
    const payload = serializeReport(good);
    const current = buildSign1({ ...device.signer, signature: new Uint8Array(64) });
    const bytes = serializeEmbeddedSign1(
      { ...current, protected: new Uint8Array(), unprotected: Uint8Array.of(0xa0) },
      payload,
    );
    const error = { code: "report-algorithm-not-allowed" as const, algorithm: null };
    expect(verifyReport(bytes, context)).toEqual({ ok: false, error });
    expect(explain(error).problem).toContain("no algorithm");
  });

  test("ALTERED every changed bit, every cut", async () => {
    const bytes = await signReport(good, device.signer);
    for (const length of bytes.keys()) expect(verifyReport(bytes.subarray(0, length), context).ok).toBe(false);
    for (const position of bytes.keys()) {
      for (let bit = 0; bit < 8; bit++) {
        expect(verifyReport(bytes.with(position, (bytes[position] ?? 0) ^ (1 << bit)), context).ok).toBe(false);
      }
    }
  });

  test("ALTERED a record, signed by nobody, is refused before it is read", async () => {
    const signature = await device.signer.sign(toBeSigned(new Uint8Array(), serializeReport(good)));
    const block = buildSign1({ ...device.signer, signature });
    const bytes = serializeEmbeddedSign1(block, Uint8Array.of(0xff));
    expect(verifyReport(bytes, context)).toMatchObject({ error: { code: "report-signature-invalid" } });
  });

  test("a signed payload that is no report names its place in the file", async () => {
    const payload = Uint8Array.of(0x80);
    const block = buildSign1({ ...device.signer, signature: new Uint8Array(64) });
    const signature = await device.signer.sign(toBeSigned(block.protected, payload));
    const bytes = serializeEmbeddedSign1({ ...block, signature }, payload);
    const verified = verifyReport(bytes, context);
    if (verified.ok || verified.error.code !== "malformed") throw new Error("not refused as malformed");
    expect(bytes[verified.error.offset]).toBe(0x80);
  });
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
