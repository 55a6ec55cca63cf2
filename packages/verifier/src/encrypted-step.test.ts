import { createHash } from "node:crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  type ComponentId,
  defaultLimits,
  encloseBytes,
  encodeDigest,
  firmwareEncryption24,
  manifestDigest,
  type Parameters,
  parseEncryptionInfo,
  type SuitDigest,
  serializeManifest,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { deviceKeys, encryptForTest, wrongKeys } from "./encrypted-image.test.support.ts";
import { type EncryptedStep, encryptedSteps } from "./encrypted-step.ts";
import { explain } from "./explain.ts";
import type { Rejection } from "./rejection.ts";
import {
  classId,
  firmware,
  image,
  release,
  roleOf,
  signedBy,
  testKey,
  vendorId,
} from "./signed-release.test.support.ts";
import { stageEncryptedImage } from "./stage-encrypted-image.ts";
import type { StagingSlot } from "./stage-image.ts";
import { type VerifiedUpdate, type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

const vendorKey = testKey("ed25519");
const container = [new TextEncoder().encode("encrypted")];
const digestOf = (bytes: Uint8Array): SuitDigest => ({
  algorithm: "sha-256",
  bytes: new Uint8Array(createHash("sha256").update(bytes).digest()),
});
const { encryption, ciphertext } = encryptForTest(image);
const encryptionInfo = encryption.encoded;

const at = (index: number): CommandInput => ({ kind: "set-component-index", index });
const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const match: CommandInput = { kind: "condition", condition: "image-match", policy: 15 };
const directive = (name: "fetch" | "copy" | "write" | "swap"): CommandInput => ({
  kind: "directive",
  directive: name,
  policy: 2,
});
const ofCiphertext = set({ imageDigest: digestOf(ciphertext), imageSize: BigInt(ciphertext.length), uri: "a.enc" });
const fetched = [at(1), ofCiphertext, directive("fetch"), match];
const decrypted = [at(0), set({ encryptionInfo, sourceComponent: 1 }), directive("copy"), match];

function envelope(install: readonly CommandInput[], more: readonly ComponentId[] = []): Uint8Array {
  const manifestBytes = serializeManifest({
    sequenceNumber: 7n,
    components: [firmware, container, ...more],
    shared: {
      commands: [
        at(0),
        set({
          vendorIdentifier: vendorId,
          classIdentifier: classId,
          imageDigest: digestOf(image),
          imageSize: BigInt(image.length),
        }),
        { kind: "condition", condition: "vendor-identifier", policy: 15 },
        { kind: "condition", condition: "class-identifier", policy: 15 },
      ],
    },
    install: { at: "inline", value: { commands: [...install] } },
  });
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  return buildEnvelope({
    digestElement,
    blocks: signedBy(vendorKey)(digestElement),
    manifestBytes,
    severed: new Map(),
  });
}

const context: VerifyContext = {
  crypto: nodeCrypto,
  trust: { roles: [roleOf("release", [vendorKey])], legacyAlgorithms: [] },
  recipient: {
    vendorIds: [vendorId],
    classIds: [classId],
    components: [
      { id: firmware, maxSize: 1000n },
      { id: container, maxSize: 1000n },
    ],
  },
  installed: { floor: 5n },
  limits: { ...defaultLimits, extensions: [firmwareEncryption24] },
};

function verified(bytes: Uint8Array): VerifiedUpdate {
  const update = verifyEnvelope(bytes, context);
  if (!update.ok)
    throw new Error(JSON.stringify(update.error, (_, value) => (typeof value === "bigint" ? `${value}` : value)));
  return update.value;
}

const stepsOf = (...install: readonly CommandInput[]): ReturnType<typeof encryptedSteps> =>
  encryptedSteps(verified(envelope(install)));

test("an encrypted payload is not supported unless that was asked for: the number, and where it stands", () => {
  const bytes = envelope([...fetched, ...decrypted]);
  const { limits: _, ...byDefault } = context;
  const refused = verifyEnvelope(bytes, byDefault);
  if (refused.ok || refused.error.code !== "unsupported") throw new Error("not refused as unsupported");
  expect(refused.error.label).toBe(19);
  expect(bytes[refused.error.offset]).toBe(19);
});

test("an update without encryption has no such step", () => {
  expect(encryptedSteps(verified(release(signedBy(vendorKey))))).toEqual({ ok: true, value: [] });
});

describe("the decrypting step of a plan", () => {
  test("copy: with its encryption, what the ciphertext has to be, and how it came there", () => {
    expect(stepsOf(...fetched, ...decrypted)).toMatchObject({
      ok: true,
      value: [
        {
          step: {
            do: "copy",
            component: 0,
            from: 1,
            expected: { digest: digestOf(image), size: BigInt(image.length) },
          },
          encryption,
          ciphertext: { digest: digestOf(ciphertext), size: BigInt(ciphertext.length) },
          fetch: { do: "fetch", component: 1, uri: "a.enc" },
        },
      ],
    });
  });

  test("copy from a component that only had to be matched", () => {
    const steps = stepsOf(at(1), ofCiphertext, match, ...decrypted);
    expect(steps).toMatchObject({ ok: true, value: [{ ciphertext: { digest: digestOf(ciphertext) } }] });
    if (steps.ok) expect(Object.keys(steps.value[0] ?? {})).not.toContain("fetch");
  });

  test("write: the ciphertext stands in the signed manifest", () => {
    const steps = stepsOf(at(0), set({ content: ciphertext, encryptionInfo }), directive("write"), match);
    expect(steps).toMatchObject({ ok: true, value: [{ step: { do: "write", content: ciphertext }, encryption }] });
  });
});

describe("among steps that do not decrypt", () => {
  const start: CommandInput = { kind: "directive", directive: "invoke", policy: 2 };
  const plainImage = set({ imageDigest: digestOf(image), imageSize: BigInt(image.length) });

  test("a plain copy and a plain write are none", () => {
    const copied = [at(0), set({ sourceComponent: 1 }), directive("copy"), match];
    const wrote = [at(0), set({ content: image }), directive("write"), match];
    expect(stepsOf(...fetched, ...copied, ...wrote)).toEqual({ ok: true, value: [] });
  });

  test("starting the source, or exchanging two other components, leaves the match what it was", () => {
    const third = [new TextEncoder().encode("third")];
    const between = [at(1), start, at(2), plainImage, set({ sourceComponent: 0 }), directive("swap"), match];
    const bytes = envelope([...fetched, ...between, at(0), plainImage, match, ...decrypted], [third]);
    const known = [firmware, container, third].map((id) => ({ id, maxSize: 1000n }));
    const update = verifyEnvelope(bytes, { ...context, recipient: { ...context.recipient, components: known } });
    if (!update.ok) throw new Error(update.error.code);
    expect(encryptedSteps(update.value)).toMatchObject({
      ok: true,
      value: [{ ciphertext: { digest: digestOf(ciphertext) }, fetch: { uri: "a.enc" } }],
    });
  });
});

describe("refuses a ciphertext that nothing matched before it is decrypted", () => {
  const unverified = { code: "ciphertext-unverified", algorithm: "A128GCM" };
  const other = { imageDigest: digestOf(vendorId), imageSize: 16n };
  const swapped = set({ sourceComponent: 1, imageDigest: digestOf(ciphertext), imageSize: BigInt(ciphertext.length) });
  const back = set({ imageDigest: digestOf(image), imageSize: BigInt(image.length) });
  const [, copying = back] = decrypted;

  test.each<[string, readonly CommandInput[]]>([
    ["that is matched afterwards", [at(1), ofCiphertext, directive("fetch"), ...decrypted, at(1), match]],
    ["that was there before", decrypted],
    ["that was overwritten after the match", [...fetched, set(other), directive("fetch"), ...decrypted, at(1), match]],
    [
      "that was swapped away after the match",
      [...fetched, at(0), swapped, directive("swap"), match, back, copying, directive("copy"), match],
    ],
  ])("%s", (_, install) => {
    expect(encryptedSteps(verified(envelope(install)))).toEqual({ ok: false, error: unverified });
  });

  test("that another manifest matched, in whose list the number means another component", () => {
    const update = verified(envelope([...fetched, ...decrypted]));
    const elsewhere = update.plan.update.map((step) => (step.component === 1 ? { ...step, dependency: 2 } : step));
    expect(encryptedSteps({ ...update, plan: { ...update.plan, update: elsewhere } })).toEqual({
      ok: false,
      error: unverified,
    });
  });
});

describe("refuses an encryption-info that is no COSE_Encrypt for us, at its place in the envelope", () => {
  const broken = (info: Uint8Array): Uint8Array =>
    envelope([...fetched, at(0), set({ encryptionInfo: info, sourceComponent: 1 }), directive("copy"), match]);

  test.each<[string, Uint8Array, number, Partial<Rejection>]>([
    ["no bytes", new Uint8Array(), 0, { code: "malformed", reason: "truncated", field: "encryption-info" }],
    ["another tag", encryptionInfo.with(1, 97), 0, { code: "malformed", reason: "tag-not-allowed" }],
    [
      "an unknown algorithm",
      encryptionInfo.with(6, 3),
      6,
      { code: "unsupported", label: 3, field: "encryption-info.alg" },
    ],
  ])("%s", (_, info, within, error) => {
    const bytes = broken(info);
    const steps = encryptedSteps(verified(bytes));
    if (steps.ok) throw new Error("not refused");
    expect(steps.error).toMatchObject(error);
    const place = Buffer.from(bytes).indexOf(Buffer.from(info.length === 0 ? [19, 0x40] : info));
    expect(steps.error).toMatchObject({ offset: place + within + (info.length === 0 ? 2 : 0) });
  });
});

describe("from the envelope to the slot", () => {
  class Slot implements StagingSlot<"sealed"> {
    readonly capacity = 1000n;
    readonly content: number[] = [];
    async write(_: number, chunk: Uint8Array): Promise<void> {
      this.content.push(...chunk);
    }
    async seal(): Promise<"sealed"> {
      return "sealed";
    }
  }
  async function* download(): AsyncGenerator<Uint8Array> {
    yield ciphertext.subarray(0, 10);
    yield ciphertext.subarray(10);
  }
  const encrypted = (): EncryptedStep => {
    const steps = stepsOf(...fetched, ...decrypted);
    const [step] = steps.ok ? steps.value : [];
    if (step === undefined) throw new Error("no encrypted step");
    return step;
  };
  const staged = async (keys: typeof deviceKeys, slot: Slot): Promise<unknown> => {
    const one = encrypted();
    const { size, digest } = one.step.expected;
    if (!("ciphertext" in one) || size === undefined) throw new Error("not as described");
    const from = { ciphertext: download(), encryption: one.encryption, expectedCiphertext: one.ciphertext };
    const decryption = { crypto: nodeCrypto, decryption: nodeDecryption, keys: [keys.pair] };
    return stageEncryptedImage({ ...from, expected: { digest, size } }, slot, decryption);
  };

  test("what runs is the image that the manifest means", async () => {
    const slot = new Slot();
    expect(await staged(deviceKeys, slot)).toEqual({ ok: true, value: "sealed" });
    expect(Uint8Array.from(slot.content)).toEqual(image);
  });

  test("with a wrong key it is refused and nothing is written", async () => {
    const slot = new Slot();
    expect(await staged(wrongKeys, slot)).toMatchObject({ ok: false, error: { code: "decryption-failed" } });
    expect(slot.content).toEqual([]);
  });
});

test.each<Rejection>([
  { code: "no-decryption-key", recipients: ["aa"] },
  { code: "decryption-failed", because: "key-unwrap" },
  { code: "decryption-failed", because: "truncated" },
  { code: "decryption-failed", because: "tag-mismatch" },
  { code: "ciphertext-unverified", algorithm: "A128CTR" },
])("$code $because has words", (rejection) => {
  expect(explain(rejection).problem).toMatch(/^the payload is|^the payload cannot/);
  expect(explain(rejection).remedy).toMatch(/^[a-z]/);
});

test("what is read is what the encoder wrote", () => {
  expect(parseEncryptionInfo(encryptionInfo, 0)).toEqual({ ok: true, value: encryption });
});
