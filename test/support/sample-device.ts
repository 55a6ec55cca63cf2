/** A small device in memory, provisioned with the example product's TEST ONLY keys: what the tests of the integrity set attack. */
import { createHash } from "node:crypto";
import type { Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Device,
  type DeviceEvent,
  type DeviceIdentity,
  type DeviceRefusal,
  type Flash,
  type FlashLayout,
  FlashSlots,
  FlashState,
  MemoryFlash,
  type OfferConditions,
  planFlash,
  type Received,
  type SlotImage,
  type TrustChange,
} from "@sumac/device";
import type { Signer } from "@sumac/signing";
import { digestOf } from "@sumac/suit";
import {
  type Role,
  serializeTrustRecord,
  type TrustPart,
  type TrustRecord,
  trustComponents,
  trustKey,
} from "@sumac/verifier";
import { condition, craftRelease, directive, set, signManifest } from "./crafted-envelope.ts";
import { classId, firmware, identity, type Release, testSigner, vendorId } from "./example-product.ts";

export const vendor: Signer = await testSigner("vendor");
/** Replaces the vendor's part of the trust record. */
export const vendorRoot: Signer = await testSigner("vendor-p256");
export const owner: Signer = await testSigner("owner");
/** Replaces the owner's part. */
export const ownerRoot: Signer = await testSigner("owner-p256");
export const foreign: Signer = await testSigner("foreign");
export const second: Signer = await testSigner("foreign-p256");

export const role = (
  name: string,
  purpose: Role["purpose"],
  keys: readonly Signer[],
  rest: Partial<Role> = {},
): Role => ({
  name,
  purpose,
  threshold: 1,
  keys: keys.map(({ publicKey }) => trustKey(publicKey, nodeCrypto)),
  components: purpose === "release" ? [firmware] : "any",
  ...rest,
});

export const vendorPart = (release: readonly Signer[] = [vendor], rest: Partial<TrustRecord> = {}): TrustRecord => ({
  roles: [role("release", "release", release), role("root", "root", [vendorRoot])],
  legacyAlgorithms: [],
  ...rest,
});
export const ownerPart = (approval: readonly Signer[] = [owner], threshold = 1): TrustRecord => ({
  roles: [role("plant", "approval", approval, { threshold }), role("plant-root", "root", [ownerRoot])],
  legacyAlgorithms: [],
});

export const layout: FlashLayout = planFlash({
  eraseBlock: 256,
  writeSize: 16,
  components: [{ id: firmware, capacity: 1024 }],
  envelope: 3000,
  state: 2000,
});

/** Different in every block for each number. */
export const imageOf = (sequence: bigint, length = 700): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (Number(sequence) * 151 + at * 7 + (at >> 8)) & 0xff);

/** A release of the vendor's. */
export const release = (sequence: bigint, signers: readonly Signer[] = [vendor]): Promise<Release> =>
  craftRelease({ sequence, image: imageOf(sequence), signers });

export const running: Release = await release(5n);
export const newer: Release = await release(6n);

export interface Sample {
  readonly flash: MemoryFlash;
  readonly device: Device;
  readonly events: DeviceEvent[];
}

export interface SampleOptions {
  readonly vendor?: TrustRecord;
  readonly owner?: TrustRecord;
  readonly identity?: DeviceIdentity;
  /** Between the device and its flash. */
  readonly through?: (flash: MemoryFlash) => Flash;
}

/** Switched off. */
export function deviceOn(flash: Flash, events: DeviceEvent[] = []): Device {
  return new Device({
    slots: new FlashSlots(flash, layout, nodeCrypto),
    state: new FlashState(flash, layout.state, nodeCrypto),
    crypto: nodeCrypto,
    observe: (event) => events.push(event),
  });
}

/** Runs release 5 in slot a. */
export async function provisioned(options: SampleOptions = {}): Promise<Sample> {
  const flash = new MemoryFlash(layout.geometry);
  const events: DeviceEvent[] = [];
  const device = deviceOn(options.through?.(flash) ?? flash, events);
  const made = await device.provision({
    identity: options.identity ?? identity,
    trustRecord: serializeTrustRecord(options.vendor ?? vendorPart()),
    envelope: running.envelope,
    fetch: () => streamOf(running.image),
  });
  if (!made.ok) throw new Error(made.error.code);
  await device.boot();
  if (options.owner !== undefined) {
    const owned = await device.own(serializeTrustRecord(options.owner));
    if (!owned.ok) throw new Error(owned.error.code);
  }
  events.length = 0;
  return { flash, device, events };
}

/** The whole way up to staged, or the refusal wherever it comes. */
export async function offer(
  device: Device,
  { envelope, image }: Pick<Release, "envelope" | "image">,
  conditions: OfferConditions = {},
): Promise<Result<Received | SlotImage | TrustChange, DeviceRefusal>> {
  const received = device.receive(envelope, conditions);
  if (!received.ok || received.value.kind === "already-installed") return received;
  if (received.value.kind === "trust-offer") {
    return device.applyTrust(received.value.offer, { fetch: () => streamOf(image) });
  }
  return device.install(received.value.offer, { fetch: (from) => streamOf(image.subarray(from)) });
}

/** Installed, tried and confirmed. */
export async function update(device: Device, next: Release): Promise<void> {
  const staged = await offer(device, next);
  if (!staged.ok) throw new Error(staged.error.code);
  await device.arm();
  await device.boot();
  const confirmed = await device.confirm();
  if (!confirmed.ok) throw new Error(confirmed.error.code);
}

export interface TrustUpdate {
  readonly part: TrustPart;
  readonly sequence: bigint;
  readonly record: TrustRecord;
  readonly signers: readonly Signer[];
}

/** With the record inside the envelope. */
export async function trustUpdate({ part, sequence, record, signers }: TrustUpdate): Promise<Release> {
  const image = serializeTrustRecord(record);
  const uri = "#trust-record";
  const envelope = await signManifest(
    {
      sequenceNumber: sequence,
      components: [trustComponents[part]],
      shared: {
        commands: [
          set({
            vendorIdentifier: vendorId,
            classIdentifier: classId,
            imageDigest: digestOf(nodeCrypto, "sha-256", image),
            imageSize: BigInt(image.length),
          }),
          condition("vendor-identifier"),
          condition("class-identifier"),
        ],
      },
      validate: { commands: [condition("image-match")] },
      install: { at: "inline", value: { commands: [set({ uri }), directive("fetch"), condition("image-match")] } },
    },
    { signers, integratedPayloads: new Map([[uri, image]]) },
  );
  return { version: `trust ${sequence}`, sequence, envelope, image, uri };
}

/** What no refused update may change, by digest: the slot that runs, the stored state, and what they mean. */
export interface Impression {
  readonly activeSlot: string;
  readonly stateRegion: string;
  readonly runs: string;
  readonly floor: string;
  readonly trust: string;
}

export function impressionOf({ flash, device }: Sample): Impression {
  const { boot, floor, trust, running: booted } = device.status();
  const content = flash.snapshot();
  const { envelopeOffset, envelopeSize, imageSize } = layout.slots[boot.active];
  return {
    activeSlot: digestOfBytes(content.subarray(envelopeOffset, envelopeOffset + envelopeSize + imageSize)),
    stateRegion: digestOfBytes(content.subarray(layout.state.offset, layout.state.offset + 2 * layout.state.bankSize)),
    runs: `${booted.sequence} from ${booted.slot}`,
    floor: `${floor.sequence} ${digestOfBytes(floor.manifestDigest)}`,
    trust: digestOfBytes(Buffer.concat([trust.vendor.record, trust.owner?.record ?? new Uint8Array()])),
  };
}

const digestOfBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64) yield bytes.subarray(at, at + 64);
}
