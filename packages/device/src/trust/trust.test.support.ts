/** Trust records and their updates for tests. The keys are made anew in every run. */
import { generateKeyPairSync, sign } from "node:crypto";
import { ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, buildSign1, protectedHeaderFor, serializeSign1, toBeSigned } from "@sumac/cose";
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
  serializeManifest,
} from "@sumac/suit";
import {
  type Role,
  serializeTrustRecord,
  type TrustPart,
  type TrustRecord,
  trustComponents,
  trustKey,
} from "@sumac/verifier";
import { Device } from "../device/device.ts";
import type { DeviceEvent } from "../device/device-event.ts";
import type { DeviceRefusal } from "../device/offer.ts";
import {
  classId,
  firmware,
  makeRelease,
  ownerKey,
  type Release,
  type TestKey,
  vendorId,
  vendorKey,
} from "../device/release.test.support.ts";
import { defaultTimeRules, type TimeRules } from "../device/trusted-time.ts";
import type { Factory } from "../factory/provision.ts";
import type { Flash } from "../flash/flash.ts";
import { type FlashLayout, type FlashNeeds, planFlash } from "../flash/flash-layout.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import { FlashState } from "../state/flash-state.ts";
import type { TrustChange } from "./trust-change.ts";

function testKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ed25519", bytes: der.slice(-32) }, privateKey };
}

/** Two of the three sign a vendor's trust update. */
export const vendorRoots: readonly [TestKey, TestKey, TestKey] = [testKey(), testKey(), testKey()];
export const newVendorRoot: TestKey = testKey();
export const newVendorKey: TestKey = testKey();
export const ownerRoot: TestKey = testKey();
export const newOwnerRoot: TestKey = testKey();
export const newOwnerKey: TestKey = testKey();

export const role = (name: string, purpose: Role["purpose"], keys: readonly TestKey[], threshold = 1): Role => ({
  name,
  purpose,
  threshold,
  keys: keys.map(({ publicKey }) => trustKey(publicKey, nodeCrypto)),
  components: "any",
});

export const recordOf = (roles: readonly Role[], over: Partial<TrustRecord> = {}): Uint8Array =>
  serializeTrustRecord({ roles, legacyAlgorithms: [], ...over });

export interface VendorKeys {
  readonly release?: readonly TestKey[];
  readonly root?: readonly TestKey[];
  readonly rootThreshold?: number;
  readonly components?: readonly ComponentId[];
  readonly legacyAlgorithms?: readonly number[];
}

/** Release by the vendor's key, root two of three. */
export function vendorPart(keys: VendorKeys = {}): Uint8Array {
  const { release = [vendorKey], root = vendorRoots, rootThreshold = 2, components = [firmware] } = keys;
  const roles = [{ ...role("release", "release", release), components }];
  return recordOf(root.length === 0 ? roles : [...roles, role("root", "root", root, rootThreshold)], {
    legacyAlgorithms: keys.legacyAlgorithms ?? [],
  });
}

/** The plant demands its approval, and may replace its part with its root key. */
export const ownerPart = (approval: readonly TestKey[] = [ownerKey], root: TestKey = ownerRoot): Uint8Array =>
  recordOf([
    ...(approval.length === 0 ? [] : [role("plant", "approval", approval)]),
    role("plant-root", "root", [root]),
  ]);

/** The part of the vendor that releases in the owner's name would come with. */
export const ownerPartWithRelease = (): Uint8Array =>
  recordOf([role("sly", "release", [ownerKey]), role("plant-root", "root", [ownerRoot])]);

export interface TrustUpdateOptions {
  readonly part: TrustPart;
  readonly sequence: bigint;
  readonly record: Uint8Array;
  readonly signers: readonly TestKey[];
  readonly payload?: "integrated" | "remote";
  /** Bytes that are integrated instead of the record. */
  readonly sent?: Uint8Array;
  readonly classId?: Uint8Array;
  readonly useBefore?: bigint;
  readonly size?: "absent";
  /** Instead of the part's. */
  readonly component?: ComponentId;
  readonly invoke?: "too";
}

const condition = (name: "vendor-identifier" | "class-identifier" | "image-match" | "use-before"): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: 15,
});

export function makeTrustUpdate(options: TrustUpdateOptions): Uint8Array {
  const { part, sequence, record, signers, payload = "integrated", useBefore } = options;
  const uri = payload === "integrated" ? "#trust-record" : "trust-record.cbor";
  const manifest: ManifestInput = {
    sequenceNumber: sequence,
    components: [options.component ?? trustComponents[part]],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier: vendorId,
            classIdentifier: options.classId ?? classId,
            imageDigest: digestOf(nodeCrypto, "sha-256", record),
            ...(options.size === "absent" ? {} : { imageSize: BigInt(record.length) }),
            ...(useBefore === undefined ? {} : { useBefore }),
          },
        },
        condition("vendor-identifier"),
        condition("class-identifier"),
        ...(useBefore === undefined ? [] : [condition("use-before")]),
      ],
    },
    validate: { commands: [condition("image-match")] },
    install: {
      at: "inline",
      value: {
        commands: [
          { kind: "override-parameters", parameters: { uri } },
          { kind: "directive", directive: "fetch", policy: 2 },
          condition("image-match"),
        ],
      },
    },
    ...(options.invoke === "too"
      ? { invoke: { commands: [{ kind: "directive", directive: "invoke", policy: 2 }] } }
      : {}),
  };
  const manifestBytes = serializeManifest(manifest);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  return buildEnvelope({
    digestElement,
    blocks: signers.map((key) => signBlock(key, digestElement)),
    manifestBytes,
    severed: new Map(),
    integratedPayloads: new Map(payload === "integrated" ? [[uri, options.sent ?? record]] : []),
  });
}

function signBlock(key: TestKey, digestElement: Uint8Array): Uint8Array {
  const algorithm = algorithmForScheme(key.publicKey.scheme);
  const { keyId } = trustKey(key.publicKey, nodeCrypto);
  const message = toBeSigned(protectedHeaderFor({ algorithm, keyId }), digestElement);
  return serializeSign1(
    buildSign1({ algorithm, keyId, signature: new Uint8Array(sign(null, message, key.privateKey)) }),
  );
}

/** With room for two parts of the trust record. */
const needs: FlashNeeds = {
  eraseBlock: 256,
  writeSize: 16,
  components: [{ id: firmware, capacity: 1000 }],
  envelope: 3000,
  state: 2000,
};
export const trustLayout: FlashLayout = planFlash(needs);
const trustLayoutWithRecovery: FlashLayout = planFlash({ ...needs, recovery: 1000 });

export const testTimeRules: TimeRules = { ...defaultTimeRules, buildTime: 1_793_491_200n };

export interface TrustSubject {
  readonly flash: MemoryFlash;
  readonly device: Device;
  readonly events: DeviceEvent[];
}

/** A device on this flash, switched off. */
export function deviceOn(flash: Flash, events: DeviceEvent[] = [], layout: FlashLayout = trustLayout): Device {
  return new Device({
    slots: new FlashSlots(flash, layout, nodeCrypto),
    state: new FlashState(flash, layout.state, nodeCrypto),
    crypto: nodeCrypto,
    timeRules: testTimeRules,
    observe: (event) => events.push(event),
  });
}

export const trustFactory = (trustRecord: Uint8Array, release: Release): Factory => ({
  identity: { vendorIds: [vendorId], classIds: [classId], components: [firmware] },
  trustRecord,
  envelope: release.envelope,
  fetch: () => streamOf(release.image),
});

/** Provisioned with sequence 5, owned if a part is given, and running. */
export async function trusting(
  vendor: Uint8Array = vendorPart(),
  owner?: Uint8Array,
  release: Release = makeRelease({ sequence: 5n }),
  recovery?: Release,
): Promise<TrustSubject> {
  const layout = recovery === undefined ? trustLayout : trustLayoutWithRecovery;
  const flash = new MemoryFlash(layout.geometry);
  const events: DeviceEvent[] = [];
  const device = deviceOn(flash, events, layout);
  const provisioned = await device.provision({
    ...trustFactory(vendor, release),
    ...(recovery === undefined
      ? {}
      : { recovery: { envelope: recovery.envelope, fetch: () => streamOf(recovery.image) } }),
  });
  if (!provisioned.ok) throw new Error(provisioned.error.code);
  await device.boot();
  if (owner !== undefined) {
    const owned = await device.own(owner);
    if (!owned.ok) throw new Error(owned.error.code);
  }
  events.length = 0;
  return { flash, device, events };
}

/** The whole way of a trust update; the refusal wherever it comes. */
export async function sendTrust(
  device: Device,
  envelope: Uint8Array,
  { fetched = new Uint8Array(), now }: { readonly fetched?: Uint8Array; readonly now?: bigint } = {},
): Promise<Result<TrustChange | "already", DeviceRefusal>> {
  const received = device.receive(envelope, now === undefined ? {} : { now });
  if (!received.ok) return received;
  if (received.value.kind === "already-installed") return ok("already");
  if (received.value.kind !== "trust-offer") throw new Error("it is taken for a release");
  return device.applyTrust(received.value.offer, { fetch: () => streamOf(fetched) });
}

/** The whole way of a release up to staged. */
export async function sendRelease(
  device: Device,
  release: Release,
  now?: bigint,
): Promise<Result<SlotImage | "already", DeviceRefusal>> {
  const received = device.receive(release.envelope, now === undefined ? {} : { now });
  if (!received.ok) return received;
  if (received.value.kind === "already-installed") return ok("already");
  if (received.value.kind !== "offer") throw new Error("it is taken for a trust update");
  return device.install(received.value.offer, { fetch: (from) => streamOf(release.image.subarray(from)) });
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64) yield bytes.subarray(at, at + 64);
}
