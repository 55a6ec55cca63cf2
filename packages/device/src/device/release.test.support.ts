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
import type { Factory } from "../factory/provision.ts";
import { type FlashLayout, planFlash } from "../flash/flash-layout.ts";
import type { Release as PlayedRelease, PowerCutSubject } from "../power-cut/power-cut-scene.ts";
import { recoveryComponent } from "./component-set.ts";

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
  identity: { vendorIds: [vendorId], classIds: [classId], components: [firmware] },
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

/** Of a device with one component. */
export interface Release extends PlayedRelease {
  readonly image: Uint8Array;
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
  const integratedPayloads = new Map(options.payload === "integrated" ? [[uri, image]] : []);
  return { image, images: [image], envelope: signManifest(manifest, { ...options, integratedPayloads }) };
}

interface Signing {
  readonly signers?: readonly TestKey[];
  readonly sever?: readonly SeverableName[];
  readonly integratedPayloads?: ReadonlyMap<string, Uint8Array>;
}

function signManifest(
  manifest: ManifestInput,
  { signers, sever, integratedPayloads = new Map() }: Signing,
): Uint8Array {
  const severed = severMembers(manifest, sever ?? ["text"], "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(severed.manifest);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  const blocks = (signers ?? [vendorKey]).map((key) => signBlock(key, digestElement));
  return buildEnvelope({ digestElement, blocks, manifestBytes, severed: severed.severed, integratedPayloads });
}

export interface SetReleaseOptions {
  readonly sequence: bigint;
  /** In the order of the manifest. */
  readonly components: readonly { readonly id: ComponentId; readonly image: Uint8Array }[];
  readonly signers?: readonly TestKey[];
  /** Puts these payloads into the envelope, by their position. */
  readonly integrated?: readonly number[];
}

/** A release of several components, whose payloads are called `0.bin`, `1.bin` and so on. */
export function makeSetRelease({ sequence, components, signers, integrated = [] }: SetReleaseOptions): PlayedRelease {
  const index = (component: number | "all"): CommandInput => ({ kind: "set-component-index", index: component });
  const each = (commands: (i: number) => readonly CommandInput[]): CommandInput[] =>
    components.flatMap((_, i) => [index(i), ...commands(i)]);
  const uri = (i: number): string => (integrated.includes(i) ? `#${i}` : `${i}.bin`);
  const manifest: ManifestInput = {
    sequenceNumber: sequence,
    components: components.map(({ id }) => id),
    shared: {
      commands: [
        index("all"),
        set({ vendorIdentifier: vendorId, classIdentifier: classId }),
        condition("vendor-identifier"),
        condition("class-identifier"),
        ...components.flatMap(({ image }, i) => [
          index(i),
          set({ imageDigest: digestOf(nodeCrypto, "sha-256", image), imageSize: BigInt(image.length) }),
        ]),
      ],
    },
    validate: { commands: each(() => [condition("image-match")]) },
    invoke: { commands: [index(0), directive("invoke")] },
    install: {
      at: "inline",
      value: { commands: each((i) => [set({ uri: uri(i) }), directive("fetch"), condition("image-match")]) },
    },
  };
  const integratedPayloads = new Map(integrated.map((i) => [uri(i), components[i]?.image ?? new Uint8Array()]));
  return {
    images: components.map(({ image }) => image),
    envelope: signManifest(manifest, { sever: [], integratedPayloads, ...(signers && { signers }) }),
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
  components: [{ id: firmware, capacity: 1000 }],
  envelope: 1500,
  state: 900,
});

export const testSubject = (): PowerCutSubject => ({
  layout: testLayout,
  crypto: nodeCrypto,
  factory: testFactory,
  releases: [makeRelease({ sequence: 1n }), makeRelease({ sequence: 2n }), makeRelease({ sequence: 3n })],
  chunkSize: 64,
});

const named = (name: string): ComponentId => [ascii(name)];
export const radio: ComponentId = named("radio");
export const settings: ComponentId = named("settings");
/** A release set of three. */
export const testSet: readonly ComponentId[] = [firmware, radio, settings];

/** Believes the vendor's key for everything. */
const setTrust: Uint8Array = serializeTrustRecord({
  roles: [{ ...release, components: "any" }],
  legacyAlgorithms: [],
});

export const setFactory: Pick<Factory, "identity" | "trustRecord"> = {
  identity: { vendorIds: [vendorId], classIds: [classId], components: testSet },
  trustRecord: setTrust,
};

/** Three components and a slot for recovery. */
export const setLayout: FlashLayout = planFlash({
  eraseBlock: 256,
  writeSize: 16,
  components: [
    { id: firmware, capacity: 1000 },
    { id: radio, capacity: 600 },
    { id: settings, capacity: 100 },
  ],
  recovery: 500,
  envelope: 1500,
  state: 1100,
});

export const setRelease = (sequence: bigint): PlayedRelease =>
  makeSetRelease({
    sequence,
    components: testSet.map((id, i) => ({ id, image: testImage([700, 500, 60][i] ?? 0, Number(sequence) * 10 + i) })),
  });

export const recoveryRelease = (sequence: bigint): PlayedRelease =>
  makeSetRelease({ sequence, components: [{ id: recoveryComponent, image: testImage(450, 90 + Number(sequence)) }] });

export const setSubject = (): PowerCutSubject => ({
  layout: setLayout,
  crypto: nodeCrypto,
  factory: setFactory,
  releases: [setRelease(1n), setRelease(2n), setRelease(3n)],
  recovery: [recoveryRelease(1n), recoveryRelease(2n)],
  chunkSize: 64,
});
