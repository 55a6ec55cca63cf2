/** What the manifest builder can make, signed with key files of every algorithm, through lint and the whole verifier. */
import { generateKeyPairSync } from "node:crypto";
import { parsePublicKeyDer } from "@sumac/cose";
import { agreementKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildRelease,
  type ComponentInput,
  encryptPayload,
  lintRelease,
  Passphrase,
  type ReleaseDescription,
  type ReleaseFacts,
  type Signer,
  signEnvelope,
  type UnsignedRelease,
} from "@sumac/signing";
import { createKey, type KeyAlgorithm, listKeys, nodeSha1, openKey, readPublicKey } from "@sumac/signing/node";
import { type ComponentId, defaultLimits, type Extension, everyExtension } from "@sumac/suit";
import {
  encryptedSteps,
  stageEncryptedImage,
  type TrustRecord,
  trustKey,
  type VerifyContext,
  verifyEnvelope,
} from "@sumac/verifier";
import { beforeAll, describe, expect, test } from "vitest";
import { orThrow } from "../support/example-product.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const id = (...segments: string[]): ComponentId => segments.map(text);

const product: ReleaseDescription = {
  vendor: "vendor.example",
  product: "rtu-demo",
  referenceUri: "https://vendor.example/rtu-demo",
  components: [{ id: ["firmware"], name: "application", maxSize: 4096n }],
};
const two: ReleaseDescription = {
  ...product,
  components: [...product.components, { id: ["settings"], name: "settings", maxSize: 64n }],
};
const image: ComponentInput = { image: text("TEST ONLY firmware") };
const settings: ComponentInput = { image: text("TEST ONLY settings") };

const algorithms: readonly KeyAlgorithm[] = ["ed25519", "esp256", "esp384", "ml-dsa-65", "ml-dsa-87"];
const directory = temporaryFolder();
const signers = new Map<KeyAlgorithm, Signer>();

beforeAll(async () => {
  const passphrase = () => orThrow(Passphrase.parse(text("TEST ONLY passphrase")));
  for (const algorithm of algorithms) {
    const made = { directory, name: algorithm, algorithm, passphrase: passphrase(), testOnlyWorkFactor: 4 };
    const { privateKeyPath } = orThrow(await createKey(made));
    signers.set(algorithm, orThrow(await openKey(privateKeyPath, passphrase())).signer);
  }
});

const signersOf = (names: readonly KeyAlgorithm[]): readonly Signer[] =>
  names.flatMap((name) => signers.get(name) ?? []);

function build(
  components: readonly ComponentInput[],
  description: ReleaseDescription = product,
  facts: Partial<ReleaseFacts> = {},
): UnsignedRelease {
  const context = { crypto: nodeCrypto, sha1: nodeSha1 };
  const built = orThrow(buildRelease({ description, version: "1.1.0", sequence: 7n, components, ...facts }, context));
  expect(lintRelease(built.envelope, context)).toEqual({ ok: true, value: [] });
  return built;
}

async function sign({ envelope }: UnsignedRelease, names: readonly KeyAlgorithm[]): Promise<Uint8Array> {
  const limits = { ...defaultLimits, extensions: everyExtension };
  let signed = envelope;
  for (const signer of signersOf(names)) {
    signed = orThrow(await signEnvelope(signed, signer, { crypto: nodeCrypto, limits })).envelope;
  }
  return signed;
}

function device(
  release: UnsignedRelease,
  trusted: readonly KeyAlgorithm[],
  profile: TrustRecord["profile"] = "classic",
  extensions: readonly Extension[] = [],
): VerifyContext {
  const keys = signersOf(trusted).map(({ publicKey }) => trustKey(publicKey, nodeCrypto));
  return {
    crypto: nodeCrypto,
    trust: {
      profile,
      roles: [{ name: "release", purpose: "release", threshold: 1, keys, components: "any" }],
      legacyAlgorithms: [],
    },
    recipient: {
      vendorIds: [release.vendorId],
      classIds: [release.classId],
      components: [
        { id: id("firmware"), maxSize: 4096n, version: [1, 0, 5] },
        { id: id("settings"), maxSize: 64n },
        { id: id("firmware", "encrypted"), maxSize: 4096n },
      ],
    },
    installed: { floor: 6n },
    now: 1_800_000_000n,
    limits: { ...defaultLimits, extensions },
  };
}

const codeOf = (result: ReturnType<typeof verifyEnvelope>): string => (result.ok ? "accepted" : result.error.code);
const unstable = everyExtension.filter(({ name }) => name === "update-management-14");
const encryption = everyExtension.filter(({ name }) => name === "firmware-encryption");

test("key files of every algorithm are listed and shown", async () => {
  const entries = orThrow(await listKeys(directory));
  expect(entries.map(({ name }) => name)).toEqual([...algorithms].sort());
  for (const { name, key, warnings } of entries) {
    expect(warnings).toEqual([]);
    const signer = signers.get(name as KeyAlgorithm);
    const shown = orThrow(await readPublicKey(orThrow(key).path));
    expect(shown.keyId).toEqual(signer?.keyId);
    expect(shown.publicKey).toEqual(signer?.publicKey);
  }
});

describe("what the builder makes, a device accepts", () => {
  test.each(["ed25519", "esp256", "esp384"] as const)("signed with %s", async (algorithm) => {
    const release = build([image]);
    const signed = await sign(release, [algorithm]);
    expect(codeOf(verifyEnvelope(signed, device(release, [algorithm])))).toBe("accepted");
    expect(codeOf(verifyEnvelope(release.envelope, device(release, [algorithm])))).toBe("threshold-not-met");
  });

  test("hybrid: with both signatures, and with neither of them alone", async () => {
    const release = build([image]);
    const trusting = device(release, ["esp256", "ml-dsa-65"], "hybrid");
    expect(codeOf(verifyEnvelope(await sign(release, ["esp256", "ml-dsa-65"]), trusting))).toBe("accepted");
    expect(codeOf(verifyEnvelope(await sign(release, ["ml-dsa-65", "esp256"]), trusting))).toBe("accepted");
    expect(codeOf(verifyEnvelope(await sign(release, ["esp256"]), trusting))).toBe("threshold-not-met");
    expect(codeOf(verifyEnvelope(await sign(release, ["ml-dsa-65"]), trusting))).toBe("threshold-not-met");
  });

  test.each(["sha-384", "sha-512"] as const)("cnsa2 with %s, and not with SHA-256", async (digestAlgorithm) => {
    const release = build([image], product, { digestAlgorithm });
    const trusting = device(release, ["ml-dsa-87"], "cnsa2");
    const update = orThrow(verifyEnvelope(await sign(release, ["ml-dsa-87"]), trusting));
    expect(update.manifestDigest.algorithm).toBe(digestAlgorithm);
    expect(codeOf(verifyEnvelope(await sign(build([image]), ["ml-dsa-87"]), trusting))).toBe("digest-not-allowed");
  });

  test("several components, each with a plan of its own", async () => {
    const release = build([image, settings], two);
    const update = orThrow(verifyEnvelope(await sign(release, ["ed25519"]), device(release, ["ed25519"])));
    const steps = update.plan.update.map((step) => `${step.do} ${"component" in step ? step.component : ""}`);
    expect(steps.filter((step) => step.startsWith("fetch"))).toEqual(["fetch 0", "fetch 1"]);
    expect(update.plan.invocation.filter((step) => step.do === "invoke")).toMatchObject([{ component: 0 }]);
  });

  test("several components inside the envelope", async () => {
    const inside = [image, settings].map((one) => ({ ...one, payload: { carried: "inside" } as const }));
    const release = build(inside, two);
    const update = orThrow(verifyEnvelope(await sign(release, ["ed25519"]), device(release, ["ed25519"])));
    const sources = update.plan.update.flatMap((step) => (step.do === "fetch" ? [step.source] : []));
    expect(sources).toEqual(["integrated", "integrated"]);
  });

  test("a vendor with a private enterprise number, and not one with another", async () => {
    const release = build([image], { ...product, vendorPen: 32473 });
    const signed = await sign(release, ["ed25519"]);
    const trusting = device(release, ["ed25519"]);
    expect(codeOf(verifyEnvelope(signed, trusting))).toBe("accepted");
    const other = build([image], { ...product, vendorPen: 32474 });
    const elsewhere = { ...trusting.recipient, vendorIds: [other.vendorId] };
    expect(codeOf(verifyEnvelope(signed, { ...trusting, recipient: elsewhere }))).toBe("wrong-vendor");
  });

  test("texts in three languages", async () => {
    const translations = [
      { language: "de", description: "Ein Gerät", names: ["Anwendung"] },
      { language: "pt-BR", description: "Um aparelho" },
    ];
    const release = build([image], { ...product, translations });
    const update = orThrow(verifyEnvelope(await sign(release, ["ed25519"]), device(release, ["ed25519"])));
    expect(update.members.text?.languages.map(({ language }) => language)).toEqual(["de", "en", "pt-BR"]);
  });
});

describe("the unstable fields of update-management", () => {
  const managed: ReleaseDescription = {
    ...product,
    unstableUpdateManagement14: {
      useBefore: 1_900_000_000n,
      priority: -5n,
      installed: { comparison: "greater-or-equal", version: [1, 0] },
      setVersion: "release",
    },
  };

  test("are accepted by a device that knows them, in time and above the version", async () => {
    const release = build([image], managed);
    const signed = await sign(release, ["ed25519"]);
    const trusting = device(release, ["ed25519"], "classic", unstable);
    expect(codeOf(verifyEnvelope(signed, trusting))).toBe("accepted");
    expect(codeOf(verifyEnvelope(signed, { ...trusting, now: 1_900_000_001n }))).toBe("expired");
    const components = [{ id: id("firmware"), maxSize: 4096n, version: [0, 9] }];
    const old = { ...trusting, recipient: { ...trusting.recipient, components } };
    expect(codeOf(verifyEnvelope(signed, old))).toBe("condition-failed");
    expect(codeOf(verifyEnvelope(signed, device(release, ["ed25519"])))).toBe("unsupported");
  });

  test("use-before alone needs no extension", async () => {
    const release = build([image], { ...product, unstableUpdateManagement14: { useBefore: 1_900_000_000n } });
    const signed = await sign(release, ["ed25519"]);
    expect(codeOf(verifyEnvelope(signed, device(release, ["ed25519"])))).toBe("accepted");
  });
});

describe("an encrypted payload", () => {
  test("is decrypted to the signed image by the key it is for, and by no other", async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const der = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
    const secret = new Uint8Array(Buffer.from(String(pair.privateKey.export({ format: "jwk" }).d), "base64url"));
    const recipient = { kind: "agreement", keyId: text("device"), publicKey: orThrow(parsePublicKeyDer(der)) } as const;
    const encrypted = orThrow(encryptPayload(image.image, [recipient], nodeEncryption));
    const release = build([{ ...image, encrypted }]);
    const signed = await sign(release, ["ed25519"]);
    expect(codeOf(verifyEnvelope(signed, device(release, ["ed25519"])))).toBe("unsupported");

    const update = orThrow(verifyEnvelope(signed, device(release, ["ed25519"], "classic", encryption)));
    const [step, ...others] = orThrow(encryptedSteps(update));
    if (step === undefined || !("ciphertext" in step)) throw new Error("no encrypted copy");
    expect(others).toEqual([]);
    const { digest, size } = step.step.expected;
    if (size === undefined) throw new Error("no size");
    async function* fetched(): AsyncGenerator<Uint8Array> {
      yield release.payloads[0]?.bytes ?? new Uint8Array();
    }
    const stage = async (privateKey: Uint8Array) => {
      const written: number[] = [];
      const staged = await stageEncryptedImage(
        {
          ciphertext: fetched(),
          encryption: step.encryption,
          expectedCiphertext: step.ciphertext,
          expected: { digest, size },
        },
        {
          capacity: 4096n,
          write: async (_, chunk) => void written.push(...chunk),
          seal: async () => Uint8Array.from(written),
        },
        {
          crypto: nodeCrypto,
          decryption: nodeDecryption,
          keys: [agreementKey(text("device"), privateKey, nodeDecryption)],
        },
      );
      return { staged, written };
    };
    expect((await stage(secret)).staged).toEqual({ ok: true, value: image.image });
    const wrong = await stage(new Uint8Array(32).with(31, 1));
    expect(wrong.staged.ok).toBe(false);
    expect(wrong.written).toEqual([]);
  });
});
