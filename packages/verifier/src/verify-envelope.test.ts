import { createHash, generateKeyPairSync, type KeyObject, sign as nodeSign } from "node:crypto";
import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { algorithmForScheme, toBeSigned } from "@sumac/cose";
import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  dropSevered,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  parseEnvelope,
  type SeverableName,
  serializeManifest,
  severMembers,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import { isWaiting, type RejectionCode } from "./rejection.ts";
import type { Role, TrustRecord } from "./trust-record.ts";
import { trustKey } from "./trust-record.ts";
import { type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

interface Key {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

function edKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ed25519", bytes: der.slice(-32) }, privateKey };
}

function ecKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ecdsa-p256-sha256", bytes: der.slice(-65) }, privateKey };
}

const vendorKey = edKey();
const secondKey = ecKey();
const ownerKey = edKey();
const foreignKey = edKey();

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const vendor = new Uint8Array(16).fill(0xa5);
const clazz = new Uint8Array(16).fill(0xc5);
const firmware = [ascii("firmware")];
const image = ascii("firmware image");
const imageDigest = {
  algorithm: "sha-256" as const,
  bytes: new Uint8Array(createHash("sha256").update(image).digest()),
};

const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const condition = (name: "vendor-identifier" | "class-identifier" | "image-match" | "use-before"): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: 15,
});
const directive = (name: "fetch" | "invoke"): CommandInput => ({ kind: "directive", directive: name, policy: 2 });

const identity: CommandInput[] = [
  set({ vendorIdentifier: vendor, classIdentifier: clazz, imageDigest, imageSize: BigInt(image.length) }),
  condition("vendor-identifier"),
  condition("class-identifier"),
];

const good: ManifestInput = {
  sequenceNumber: 7n,
  components: [firmware],
  shared: { commands: identity },
  validate: { commands: [condition("image-match")] },
  invoke: { commands: [directive("invoke")] },
  install: { at: "inline", value: { commands: [set({ uri: "a.bin" }), directive("fetch"), condition("image-match")] } },
};

interface Made {
  readonly manifest?: ManifestInput;
  readonly signers?: readonly Key[];
  readonly sever?: readonly SeverableName[];
  readonly blocks?: (digestElement: Uint8Array) => Uint8Array[];
}

/** A COSE_Sign1 written out here, apart from the builder of @sumac/cose, so that it can also say what that one never writes. */
function block(
  key: Key,
  digestElement: Uint8Array,
  algorithm = algorithmForScheme(key.publicKey.scheme).id,
): Uint8Array {
  const { keyId } = trustKey(key.publicKey, nodeCrypto);
  const header = encode(
    new Map<CborValue, CborValue>([
      [1, algorithm],
      [4, keyId],
    ]),
  );
  const message = toBeSigned(header, digestElement);
  const signature =
    key.publicKey.scheme === "ed25519"
      ? nodeSign(null, message, key.privateKey)
      : nodeSign("sha256", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return encode(new Tagged(18, [header, new Map(), null, new Uint8Array(signature)]));
}

function make({ manifest = good, signers = [vendorKey], sever = [], blocks }: Made = {}): Uint8Array {
  const { manifest: input, severed } = severMembers(manifest, sever, "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(input);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  const signed = blocks?.(digestElement) ?? signers.map((key) => block(key, digestElement));
  return buildEnvelope({ digestElement, blocks: signed, manifestBytes, severed });
}

const release: Role = {
  name: "release",
  purpose: "release",
  threshold: 1,
  keys: [trustKey(vendorKey.publicKey, nodeCrypto), trustKey(secondKey.publicKey, nodeCrypto)],
  components: [firmware],
};
const owner: Role = {
  name: "owner",
  purpose: "approval",
  threshold: 1,
  keys: [trustKey(ownerKey.publicKey, nodeCrypto)],
  components: "any",
};
const trust: TrustRecord = { roles: [release], legacyAlgorithms: [] };
const context: VerifyContext = {
  crypto: nodeCrypto,
  trust,
  recipient: { vendorIds: [vendor], classIds: [clazz], components: [{ id: firmware, maxSize: 1000n }] },
  installed: { floor: 5n },
};
const twoOfTwo: TrustRecord = { roles: [{ ...release, threshold: 2 }], legacyAlgorithms: [] };
const approved: TrustRecord = { roles: [release, owner], legacyAlgorithms: [] };

/** The envelope with one byte of `part` changed, found by its bytes. */
function corrupt(bytes: Uint8Array, part: Uint8Array, at = 0): Uint8Array {
  const start = Buffer.from(bytes).indexOf(Buffer.from(part));
  expect(start).toBeGreaterThan(0);
  return bytes.with(start + at, (bytes[start + at] as number) ^ 1);
}

function over(manifest: Partial<ManifestInput>): Uint8Array {
  return make({ manifest: { ...good, ...manifest } });
}

interface Row {
  readonly threat: string;
  readonly name: string;
  readonly send: () => Uint8Array;
  readonly with?: Partial<VerifyContext>;
  readonly code: RejectionCode;
  readonly facts?: object;
}

const rows: readonly Row[] = [
  { threat: "T-IMG-NON-AUTH", name: "empty", send: () => new Uint8Array(), code: "malformed" },
  {
    threat: "T-IMG-NON-AUTH",
    name: "beyond the size limit",
    send: () => new Uint8Array(65537),
    code: "too-large",
    facts: { size: 65537, limit: 65536 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a byte too many",
    send: () => Uint8Array.of(...make(), 0),
    code: "malformed",
    facts: { reason: "trailing-bytes" },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "unsigned",
    send: () => make({ signers: [] }),
    code: "threshold-not-met",
    facts: { role: "release", have: 0, need: 1 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by a stranger",
    send: () => make({ signers: [foreignKey] }),
    code: "signer-unknown",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key where two are needed",
    send: () => make(),
    with: { trust: twoOfTwo },
    code: "threshold-not-met",
    facts: { have: 1, need: 2 },
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key signing twice where two are needed",
    send: () => make({ signers: [vendorKey, vendorKey] }),
    with: { trust: twoOfTwo },
    code: "threshold-not-met",
    facts: { have: 1, need: 2 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a signature over something else",
    send: () => make({ blocks: () => [block(vendorKey, ascii("other"))] }),
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a stranger's signature under the vendor's key id",
    send: () =>
      make({
        blocks: (digest) => [block({ publicKey: vendorKey.publicKey, privateKey: foreignKey.privateKey }, digest)],
      }),
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a legacy algorithm id",
    send: () => make({ blocks: (digest) => [block(vendorKey, digest, -8)] }),
    code: "algorithm-not-allowed",
    facts: { algorithm: -8 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an algorithm that is not the key's",
    send: () => make({ blocks: (digest) => [block(vendorKey, digest, -9)] }),
    code: "algorithm-not-allowed",
    facts: { algorithm: -9 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an unknown algorithm",
    send: () => make({ blocks: (digest) => [block(vendorKey, digest, -37)] }),
    code: "algorithm-not-allowed",
    facts: { algorithm: -37 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a MAC instead of a signature",
    send: () =>
      make({
        blocks: () => [encode(new Tagged(17, [encode(new Map([[1, 5]])), new Map(), null, new Uint8Array(32)]))],
      }),
    code: "algorithm-not-allowed",
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "one bit of the manifest",
    send: () => corrupt(make(), vendor),
    code: "manifest-digest-mismatch",
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "one bit of a severed install",
    send: () => corrupt(make({ sever: ["install"] }), ascii("a.bin")),
    code: "severed-member-mismatch",
    facts: { member: "install" },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an install beside the one in the manifest",
    send: () => buildEnvelope({ ...parts(make()), severed: new Map([["install", Uint8Array.of(0x82, 0x15, 0x02)]]) }),
    code: "member-unauthenticated",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a severed install left behind",
    send: () => dropSevered(opened(make({ sever: ["install"] })), ["install"]),
    code: "severed-member-missing",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "another vendor",
    send: () =>
      over({
        shared: {
          commands: [set({ vendorIdentifier: clazz, classIdentifier: clazz, imageDigest }), ...identity.slice(1)],
        },
      }),
    code: "wrong-vendor",
    facts: { offered: bytesToHex(clazz) },
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "another class",
    send: () =>
      over({
        shared: {
          commands: [set({ vendorIdentifier: vendor, classIdentifier: vendor, imageDigest }), ...identity.slice(1)],
        },
      }),
    code: "wrong-class",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "no vendor condition",
    send: () => over({ shared: { commands: identity.filter((_, i) => i !== 1) } }),
    code: "identity-missing",
    facts: { condition: "vendor-identifier" },
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "no class condition",
    send: () => over({ shared: { commands: identity.slice(0, 2) } }),
    code: "identity-missing",
    facts: { condition: "class-identifier" },
  },
  {
    threat: "T-IMG-FORMAT",
    name: "a component the device lacks",
    send: () => over({ components: [[ascii("modem")]] }),
    code: "component-unknown",
    facts: { component: bytesToHex(ascii("modem")) },
  },
  {
    threat: "T-IMG-LOCATION",
    name: "a component the signer may not write",
    send: () => make(),
    with: { trust: { roles: [{ ...release, components: [[ascii("modem")]] }], legacyAlgorithms: [] } },
    code: "component-not-authorised",
    facts: { role: "release" },
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "an older release, genuinely signed",
    send: () => make(),
    with: { installed: { floor: 8n } },
    code: "rollback",
    facts: { offered: 7n, floor: 8n },
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "the installed number with another manifest",
    send: () => make(),
    with: { installed: { floor: 7n, manifestDigest: new Uint8Array(32) } },
    code: "sequence-reused",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "after its time",
    send: () => over({ shared: { commands: [...identity, set({ useBefore: 99n }), condition("use-before")] } }),
    with: { now: 100n },
    code: "expired",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "with an expiry and no trusted clock",
    send: () => over({ shared: { commands: [...identity, set({ useBefore: 99n }), condition("use-before")] } }),
    code: "freshness-unknown",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "old and expired: the replay is named first",
    send: () => over({ shared: { commands: [...identity, set({ useBefore: 99n }), condition("use-before")] } }),
    with: { now: 100n, installed: { floor: 8n } },
    code: "rollback",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "without the owner's approval",
    send: () => make(),
    with: { trust: approved },
    code: "not-approved",
    facts: { role: "owner", have: 0, need: 1 },
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "approved by a stranger",
    send: () => make({ signers: [vendorKey, foreignKey] }),
    with: { trust: approved },
    code: "not-approved",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "approved by the owner, not released by the vendor",
    send: () => make({ signers: [ownerKey] }),
    with: { trust: approved },
    code: "threshold-not-met",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "outside the window",
    send: () => make(),
    with: { operations: { window: "closed", interlock: "clear" } },
    code: "outside-window",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "while the interlock holds",
    send: () => make(),
    with: { operations: { window: "open", interlock: "engaged" } },
    code: "interlock",
  },
  {
    threat: "T-IMG-EXTRA",
    name: "an image larger than the slot",
    send: () => make(),
    with: { recipient: { ...context.recipient, components: [{ id: firmware, maxSize: 13n }] } },
    code: "image-too-large",
    facts: { size: 14n, limit: 13n },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a payload that no digest covers",
    send: () =>
      over({
        install: { at: "inline", value: { commands: [set({ uri: "a" }), directive("fetch")] } },
        validate: { commands: [directive("invoke")] },
      }),
    code: "image-match-missing",
  },
];

function opened(bytes: Uint8Array) {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) throw new Error(envelope.error.code);
  return envelope.value;
}

const parts = (bytes: Uint8Array) => {
  const { digestElement, blocks, manifest } = opened(bytes);
  return { digestElement, blocks: blocks.map((b) => b.encoded), manifestBytes: manifest.content };
};

describe("refused, each with its own code", () => {
  for (const { threat, name, send, with: changes, code, facts } of rows) {
    test(`${threat} ${name}: ${code}`, () => {
      const bytes = send();
      const before = bytes.slice();
      const answer = verifyEnvelope(bytes, { ...context, ...changes });
      expect(answer).toMatchObject({ ok: false, error: { code, ...facts } });
      expect(bytes).toEqual(before);
      if (!answer.ok) {
        const { problem, remedy } = explain(answer.error);
        expect(`${problem} ${remedy}`).not.toMatch(/undefined|\[object|NaN/);
        expect(isWaiting(answer.error)).toBe(["not-approved", "outside-window", "interlock"].includes(code));
      }
    });
  }
});

describe.each([
  ["node", nodeCrypto],
  ["noble", nobleCrypto],
])("accepted with %s", (_name, crypto) => {
  test("by one of the vendor's keys, with a plan and nothing else", () => {
    const answer = verifyEnvelope(make(), { ...context, crypto });
    expect(answer).toMatchObject({ ok: true, value: { standing: "newer", signers: [{ roles: ["release"] }] } });
    const expected = { digest: imageDigest, size: BigInt(image.length) };
    expect(answer.ok && answer.value.plan).toEqual({
      update: [
        { do: "fetch", component: 0, id: firmware, uri: "a.bin", source: "remote", expected },
        { do: "image-match", component: 0, expected },
        { do: "image-match", component: 0, expected },
      ],
      invocation: [
        { do: "image-match", component: 0, expected },
        { do: "invoke", component: 0 },
      ],
    });
  });

  test.each<[string, Made, Partial<VerifyContext>]>([
    ["severed install and all", { sever: ["install"] }, {}],
    ["an ESP256 key", { signers: [secondKey] }, {}],
    ["two of two, of different algorithms", { signers: [vendorKey, secondKey] }, { trust: twoOfTwo }],
    ["a stranger's block before the vendor's", { signers: [foreignKey, vendorKey] }, {}],
    ["the owner's approval beside the vendor's release", { signers: [vendorKey, ownerKey] }, { trust: approved }],
    ["an open window and a free interlock", {}, { operations: { window: "open", interlock: "clear" } }],
    [
      "a legacy id where the trust record allows it",
      { blocks: (digest) => [block(vendorKey, digest, -8)] },
      { trust: { ...trust, legacyAlgorithms: [-8] } },
    ],
    [
      "a bad block beside a good one",
      { blocks: (digest) => [block(vendorKey, ascii("other")), block(secondKey, digest)] },
      {},
    ],
  ])("%s", (_row, made, changes) => {
    expect(verifyEnvelope(make(made), { ...context, ...changes, crypto })).toMatchObject({ ok: true });
  });
});

describe("T-IMG-LOCATION of several roles that signed", () => {
  const modem = [ascii("modem")];
  const line = (name: string, key: Key, components: Role["components"]): Role => ({
    ...release,
    name,
    keys: [trustKey(key.publicKey, nodeCrypto)],
    components,
  });
  const by = (...roles: readonly Role[]) => {
    const bytes = make({ signers: [vendorKey, secondKey] });
    return verifyEnvelope(bytes, { ...context, trust: { roles, legacyAlgorithms: [] } });
  };

  test("one that may write the component is enough", () => {
    expect(by(line("a", vendorKey, [modem]), line("b", secondKey, [modem, firmware]))).toMatchObject({ ok: true });
  });

  test("all are named where none may", () => {
    expect(by(line("a", vendorKey, [modem]), line("b", secondKey, [modem]))).toEqual({
      ok: false,
      error: { code: "component-not-authorised", component: bytesToHex(ascii("firmware")), role: "a, b" },
    });
  });

  test("one that lacks its threshold does not count, whatever it may write", () => {
    const two = [vendorKey, foreignKey].map(({ publicKey }) => trustKey(publicKey, nodeCrypto));
    const short: Role = { ...line("a", vendorKey, "any"), keys: two, threshold: 2 };
    expect(by(short, line("b", secondKey, [modem]))).toMatchObject({
      ok: false,
      error: { code: "component-not-authorised", role: "b" },
    });
  });
});

test("the installed manifest again is known as such, without a signature more or less changing it", () => {
  const once = verifyEnvelope(make(), context);
  const manifestBytes = once.ok ? once.value.manifestDigest.bytes : new Uint8Array();
  const installed = { floor: 7n, manifestDigest: manifestBytes };
  const again = verifyEnvelope(make({ signers: [vendorKey, foreignKey] }), { ...context, installed });
  expect(again).toMatchObject({ ok: true, value: { standing: "already-installed" } });
});

describe("what lies in the slot already decides between alternatives", () => {
  const install: ManifestInput["install"] = {
    at: "inline",
    value: {
      commands: [
        {
          kind: "try-each",
          sequences: [
            { commands: [condition("image-match")] },
            { commands: [set({ uri: "a.bin" }), directive("fetch"), condition("image-match")] },
          ],
          orNil: false,
        },
      ],
    },
  };
  test.each([
    ["this image", { digest: imageDigest, size: BigInt(image.length) }, ["image-match", "image-match"]],
    ["another", { digest: { ...imageDigest, bytes: new Uint8Array(32) } }, ["fetch", "image-match", "image-match"]],
  ])("%s", (_name, held, steps) => {
    const facts = { componentImage: () => held };
    const answer = verifyEnvelope(over({ install }), { ...context, facts });
    expect(answer.ok && answer.value.plan.update.map((step) => step.do)).toEqual(steps);
  });
});

test("a verifier that installs nothing may look at an envelope without its severed members", () => {
  const severed = dropSevered(opened(make({ sever: ["install"] })), ["install"]);
  const answer = verifyEnvelope(severed, { ...context, absentMembers: "leave-out" });
  expect(answer.ok && answer.value.plan.update.map((step) => step.do)).toEqual(["image-match"]);
});

test("T-MFST-MODIFICATION every flipped bit and every truncation of a signed envelope is refused", () => {
  const bytes = make({ sever: ["install"] });
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    if (verifyEnvelope(flipped, context).ok) throw new Error(`bit ${bit} does not matter`);
  }
  for (let length = 0; length < bytes.length; length++) {
    if (verifyEnvelope(bytes.subarray(0, length), context).ok) throw new Error(`length ${length} is enough`);
  }
});
