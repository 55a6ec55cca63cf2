import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { algorithmForScheme, buildSign1, protectedHeaderFor, serializeSign1, toBeSigned } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  serializeManifest,
} from "@sumac/suit";
import { type TrustRecord, trustKey } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { checkWithVerifier } from "./check-with-verifier.ts";
import { at, image, putBlob, registerTestDevice, startTestServer } from "./server.test.support.ts";

interface Key {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ed25519", bytes: der.slice(-32) }, privateKey };
}

const vendorKey = newKey();
const foreignKey = newKey();
const trust: TrustRecord = {
  roles: [
    {
      name: "release",
      purpose: "release",
      threshold: 1,
      keys: [trustKey(vendorKey.publicKey, nodeCrypto)],
      components: "any",
    },
  ],
  legacyAlgorithms: [],
};
const check = checkWithVerifier({ crypto: nodeCrypto, trust });

const payload = image(5000);
const imageDigest = {
  algorithm: "sha-256",
  bytes: new Uint8Array(createHash("sha256").update(payload).digest()),
} as const;
const vendorIdentifier = new Uint8Array(16).fill(0xa5);
const classIdentifier = new Uint8Array(16).fill(0xc5);
const uri = "firmware.bin";

const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const condition = (name: "vendor-identifier" | "class-identifier" | "image-match" | "use-before"): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: 15,
});
const shared: CommandInput[] = [
  set({ vendorIdentifier, classIdentifier, imageDigest, imageSize: BigInt(payload.length) }),
  condition("vendor-identifier"),
  condition("class-identifier"),
];
const install: CommandInput[] = [
  set({ uri }),
  { kind: "directive", directive: "fetch", policy: 2 },
  condition("image-match"),
];
const component = new TextEncoder().encode("firmware");
const good: ManifestInput = {
  sequenceNumber: 7n,
  components: [[component]],
  shared: { commands: shared },
  validate: { commands: [condition("image-match")] },
  install: { at: "inline", value: { commands: install } },
  text: {
    at: "inline",
    value: {
      languages: [
        { language: "en", components: [{ component: [component], modelName: "Pump\n\u202e 1", version: "1.1.0" }] },
      ],
    },
  },
};

function make(manifest: ManifestInput, signer: Key = vendorKey): Uint8Array {
  const manifestBytes = serializeManifest(manifest);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  const { keyId } = trustKey(signer.publicKey, nodeCrypto);
  const header = { algorithm: algorithmForScheme("ed25519"), keyId };
  const signature = new Uint8Array(
    sign(null, toBeSigned(protectedHeaderFor(header), digestElement), signer.privateKey),
  );
  return buildEnvelope({
    digestElement,
    blocks: [serializeSign1(buildSign1({ ...header, signature }))],
    manifestBytes,
  });
}

const withShared = (...commands: CommandInput[]): Uint8Array =>
  make({ ...good, shared: { commands: [...shared, ...commands] } });
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);

describe("checkWithVerifier", () => {
  test("tells what an offer needs, from signed bytes", () => {
    const checked = check(make(good));
    expect(checked).toMatchObject({
      ok: true,
      value: {
        vendorId: vendorIdentifier,
        classId: classIdentifier,
        components: [Buffer.from(component).toString("hex")],
        sequence: 7n,
        payloads: [{ uri, digest: imageDigest, size: 5000n }],
        name: "Pump   1",
        version: "1.1.0",
      },
    });
  });

  test.each([
    ["a bit of the envelope flipped", flipped(make(good), 300), undefined],
    ["a foreign key", make(good, foreignKey), "signer-unknown"],
    ["no bytes", new Uint8Array(), "malformed"],
    ["cut", make(good).subarray(0, -1), "malformed"],
    ["text", new TextEncoder().encode("hello"), "malformed"],
    ["65 KiB", new Uint8Array(66_000), "too-large"],
    ["a second vendor", withShared(set({ vendorIdentifier: classIdentifier })), "identity-ambiguous"],
    [
      "a second class, hidden in an alternative",
      withShared({
        kind: "try-each",
        orNil: false,
        sequences: [
          { commands: [set({ classIdentifier })] },
          { commands: [set({ classIdentifier: vendorIdentifier })] },
        ],
      }),
      "identity-ambiguous",
    ],
    [
      "no identity",
      make({ ...good, shared: { commands: [set({ imageDigest, imageSize: 5000n })] } }),
      "identity-missing",
    ],
    ["expired", withShared(set({ useBefore: 1n }), condition("use-before")), "expired"],
    [
      "no match of what it fetches",
      make({
        ...good,
        install: { at: "inline", value: { commands: install.slice(0, 2) } },
        validate: { commands: [] },
      }),
      undefined,
    ],
  ])("refuses %s", (_name, envelope, code) => {
    const checked = check(envelope);
    expect(checked.ok).toBe(false);
    if (code !== undefined) expect(checked).toMatchObject({ error: { code } });
  });
});

describe("publishing with the real verifier", () => {
  const request = (envelope: Uint8Array) => ({
    envelope: Buffer.from(envelope).toString("base64"),
    payloads: [{ uri, sha256: Buffer.from(imageDigest.bytes).toString("hex") }],
  });

  test("a signed release reaches a device of its vendor and class", async () => {
    const server = await startTestServer({ checkEnvelope: check });
    await putBlob(server, payload);
    const envelope = make(good);
    expect(await server.api("publish", "POST", "/releases", request(envelope))).toMatchObject({
      status: 201,
      json: { version: "1.1.0", sequence: "7" },
    });
    const device = await registerTestDevice(server, "dev1");
    const data = { vendorId: "a5".repeat(16), classId: "c5".repeat(16), sequence: "6" };
    await device.ddi("PUT", "/configData", JSON.stringify({ data }));
    expect(await device.poll()).toBe(1);
    const answer = await device.ddi("GET", "/deploymentBase/1");
    expect(at(answer, "deployment.chunks.0.artifacts.1.filename")).toBe(uri);
  });

  test.each([
    [
      "foreign key",
      make(good, foreignKey),
      {
        code: "signer-unknown",
        refused: "envelope",
        keyIds: [Buffer.from(trustKey(foreignKey.publicKey, nodeCrypto).keyId).toString("hex")],
      },
    ],
    [
      "expired",
      withShared(set({ useBefore: 1n }), condition("use-before")),
      { code: "expired", refused: "envelope", useBefore: "1" },
    ],
    ["malformed", make(good).subarray(0, 100), { code: "malformed", refused: "envelope", reason: "truncated" }],
  ])("%s: the verifier's own code and facts", async (_name, envelope, body) => {
    const server = await startTestServer({ checkEnvelope: check });
    await putBlob(server, payload);
    const answer = await server.api("publish", "POST", "/releases", request(envelope));
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject(body);
    expect(at(await server.api("read", "GET", "/releases"), "releases")).toEqual([]);
  });
});
