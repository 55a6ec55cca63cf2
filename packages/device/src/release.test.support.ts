/** Signed releases for tests. The keys are made anew in every run; nothing here is part of the product. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { algorithmForScheme, buildSign1, protectedHeaderFor, serializeSign1, toBeSigned } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  type ComponentId,
  digestOf,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  type SeverableName,
  serializeManifest,
  severMembers,
} from "@sumac/suit";
import { type Role, serializeTrustRecord, trustKey } from "@sumac/verifier";
import { type FlashLayout, planFlash } from "./flash-layout.ts";
import type { PowerCutSubject, Release } from "./power-cut-scenario.ts";
import type { Factory } from "./provision.ts";

export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

function testKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ed25519", bytes: der.slice(-32) }, privateKey };
}

export const vendorKey: TestKey = testKey();
export const ownerKey: TestKey = testKey();
export const foreignKey: TestKey = testKey();

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const vendorId: Uint8Array = new Uint8Array(16).fill(0xa5);
export const classId: Uint8Array = new Uint8Array(16).fill(0xc5);
export const firmware: ComponentId = [ascii("firmware")];

const release: Role = {
  name: "release",
  purpose: "release",
  threshold: 1,
  keys: [trustKey(vendorKey.publicKey, nodeCrypto)],
  components: [firmware],
};
const owner: Role = {
  name: "owner",
  purpose: "approval",
  threshold: 1,
  keys: [trustKey(ownerKey.publicKey, nodeCrypto)],
  components: "any",
};

/** Believes the vendor's key. */
export const vendorTrust: Uint8Array = serializeTrustRecord({ roles: [release], legacyAlgorithms: [] });
/** Waits for the plant's approval as well. */
export const approvalTrust: Uint8Array = serializeTrustRecord({ roles: [release, owner], legacyAlgorithms: [] });

export const testFactory: Pick<Factory, "identity" | "trustRecord"> = {
  identity: { vendorIds: [vendorId], classIds: [classId], component: firmware },
  trustRecord: vendorTrust,
};

/** Pseudo-random bytes: two images with different seeds differ in every block. */
export function testImage(length: number, seed: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 16;
  });
}

export interface ReleaseOptions {
  readonly sequence: bigint;
  readonly image?: Uint8Array;
  readonly version?: string;
  readonly uri?: string;
  readonly vendorId?: Uint8Array;
  readonly classId?: Uint8Array;
  readonly useBefore?: bigint;
  readonly signers?: readonly TestKey[];
  /** Puts the payload into the envelope under the URI. */
  readonly payload?: "remote" | "integrated";
  readonly sever?: readonly SeverableName[];
  /** Anything else about the manifest. */
  readonly manifest?: Partial<ManifestInput>;
}

const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const condition = (name: "vendor-identifier" | "class-identifier" | "image-match" | "use-before"): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: 15,
});
export const directive = (name: "fetch" | "invoke" | "copy" | "write"): CommandInput => ({
  kind: "directive",
  directive: name,
  policy: 2,
});

export function makeRelease(options: ReleaseOptions): Release {
  const { sequence, uri = "firmware.bin", useBefore } = options;
  const image = options.image ?? testImage(700, Number(sequence));
  const shared = [
    set({
      vendorIdentifier: options.vendorId ?? vendorId,
      classIdentifier: options.classId ?? classId,
      imageDigest: digestOf(nodeCrypto, "sha-256", image),
      imageSize: BigInt(image.length),
      ...(useBefore === undefined ? {} : { useBefore }),
    }),
    condition("vendor-identifier"),
    condition("class-identifier"),
    ...(useBefore === undefined ? [] : [condition("use-before")]),
  ];
  const install = { commands: [set({ uri }), directive("fetch"), condition("image-match")] };
  const version = options.version ?? `1.${sequence}.0`;
  const manifest: ManifestInput = {
    sequenceNumber: sequence,
    components: [firmware],
    shared: { commands: shared },
    validate: { commands: [condition("image-match")] },
    invoke: { commands: [directive("invoke")] },
    install: { at: "inline", value: install },
    text: { at: "inline", value: { languages: [{ language: "en", components: [{ component: firmware, version }] }] } },
    ...options.manifest,
  };
  const severed = severMembers(manifest, options.sever ?? ["text"], "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(severed.manifest);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  const blocks = (options.signers ?? [vendorKey]).map((key) => signBlock(key, digestElement));
  const integratedPayloads = new Map(options.payload === "integrated" ? [[uri, image]] : []);
  return {
    image,
    envelope: buildEnvelope({ digestElement, blocks, manifestBytes, severed: severed.severed, integratedPayloads }),
  };
}

function signBlock(key: TestKey, digestElement: Uint8Array): Uint8Array {
  const algorithm = algorithmForScheme(key.publicKey.scheme);
  const { keyId } = trustKey(key.publicKey, nodeCrypto);
  const message = toBeSigned(protectedHeaderFor({ algorithm, keyId }), digestElement);
  const signature = new Uint8Array(sign(null, message, key.privateKey));
  return serializeSign1(buildSign1({ algorithm, keyId, signature }));
}

/** Small, so that thousands of power cuts are quick; image and envelope span several blocks all the same. */
export const testLayout: FlashLayout = planFlash({
  eraseBlock: 256,
  writeSize: 16,
  image: 1000,
  envelope: 1500,
  state: 400,
});

export const testSubject = (): PowerCutSubject => ({
  layout: testLayout,
  crypto: nodeCrypto,
  factory: testFactory,
  releases: [makeRelease({ sequence: 1n }), makeRelease({ sequence: 2n }), makeRelease({ sequence: 3n })],
  chunkSize: 64,
});
