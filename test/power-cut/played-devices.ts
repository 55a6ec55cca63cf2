/** The devices and releases that `npm run power-cut` plays with: small, so that every operation of them can be cut. */
import { nodeCrypto } from "@sumac/crypto/node";
import {
  judgeEventLog,
  logRotation,
  type PlayedTrust,
  type PowerCutScript,
  type PowerCutSubject,
  planFlash,
  type Release,
  recoveryComponent,
  scriptsFor,
  seededBytes,
  trustPowerCutScripts,
  withEventLog,
} from "@sumac/device";
import type { Signer } from "@sumac/signing";
import { type CommandInput, type ComponentId, digestOf, type ManifestInput } from "@sumac/suit";
import { type Role, serializeTrustRecord, type TrustPart, trustComponents, trustKey } from "@sumac/verifier";
import { condition, directive, set, signManifest } from "../support/crafted-envelope.ts";
import { classId, firmware, identity, testSigner, vendorId } from "../support/example-product.ts";

/** A device with the stories that it plays. */
export interface PlayedDevice {
  readonly name: string;
  readonly subject: PowerCutSubject;
  readonly scripts: readonly PowerCutScript[];
}

interface Image {
  readonly id: ComponentId;
  readonly bytes: Uint8Array;
}

const named = (name: string): ComponentId => [new TextEncoder().encode(name)];
const [radio, settings] = [named("radio"), named("settings")];
const flash = { eraseBlock: 512, writeSize: 16, envelope: 1800, chunkSize: 128 };

export async function playedDevices(): Promise<readonly PlayedDevice[]> {
  const [plain, several, trusting] = [await sensor(), await gateway(), await owned()];
  return [plain, several, trusting, logging(plain)];
}

/** The same with an event log: whatever is cut, the log has to verify up to a gap marker. */
function logging({ subject, scripts }: PlayedDevice): PlayedDevice {
  const told = ["first-install", "update", "failed-trial", "factory-reset"];
  const watched = scripts.flatMap((script) => (told.includes(script.name) ? { ...script, judge: judgeEventLog } : []));
  return { name: "logging", subject: withEventLog(subject), scripts: [logRotation, ...watched] };
}

/** One component, no recovery. */
async function sensor(): Promise<PlayedDevice> {
  const vendor = await testSigner("vendor");
  const release = (sequence: bigint) => makeRelease(sequence, [image(firmware, 2000, sequence)], [vendor]);
  const subject: PowerCutSubject = {
    layout: planFlash({ ...flash, components: [{ id: firmware, capacity: 2048 }], state: 900 }),
    crypto: nodeCrypto,
    factory: { identity, trustRecord: recordOf([role("release", "release", [vendor])]) },
    releases: [await release(1n), await release(2n), await release(3n)],
    chunkSize: flash.chunkSize,
  };
  return { name: "sensor", subject, scripts: scriptsFor(subject) };
}

/** Three components and a slot for recovery. */
async function gateway(): Promise<PlayedDevice> {
  const vendor = await testSigner("vendor");
  const release = (sequence: bigint) =>
    makeRelease(
      sequence,
      [image(firmware, 1500, sequence), image(radio, 1100, sequence), image(settings, 100, sequence)],
      [vendor],
    );
  const recovery = (sequence: bigint) => makeRelease(sequence, [image(recoveryComponent, 900, sequence)], [vendor]);
  const subject: PowerCutSubject = {
    layout: planFlash({
      ...flash,
      eraseBlock: 1024,
      components: [
        { id: firmware, capacity: 2048 },
        { id: radio, capacity: 2048 },
        { id: settings, capacity: 1024 },
      ],
      recovery: 1024,
      state: 1100,
    }),
    crypto: nodeCrypto,
    factory: {
      identity: { ...identity, components: [firmware, radio, settings] },
      trustRecord: recordOf([role("release", "release", [vendor])]),
    },
    releases: [await release(1n), await release(2n), await release(3n)],
    recovery: [await recovery(1n), await recovery(2n)],
    chunkSize: flash.chunkSize,
  };
  return { name: "gateway", subject, scripts: scriptsFor(subject) };
}

/** The plant has a say in it, and the trust record changes. */
async function owned(): Promise<PlayedDevice> {
  const [vendor, vendorRoot, plant, plantRoot, next, nextVendor] = await Promise.all([
    testSigner("vendor"),
    testSigner("vendor-p256"),
    testSigner("owner"),
    testSigner("owner-p256"),
    testSigner("foreign"),
    testSigner("foreign-p256"),
  ]);
  const vendorPart = (...release: readonly Signer[]) =>
    recordOf([role("release", "release", release), role("root", "root", [vendorRoot])]);
  const ownerPart = (approval: Signer) =>
    recordOf([role("plant", "approval", [approval]), role("plant-root", "root", [plantRoot])]);
  // With every signature that one of the records asks for.
  const release = (sequence: bigint) => makeRelease(sequence, [image(firmware, 600, sequence)], [vendor, plant, next]);
  const subject: PowerCutSubject = {
    layout: planFlash({
      ...flash,
      envelope: 3000,
      components: [{ id: firmware, capacity: 1024 }],
      state: 2000,
    }),
    crypto: nodeCrypto,
    factory: { identity, trustRecord: vendorPart(vendor) },
    releases: [await release(1n), await release(2n), await release(3n)],
    chunkSize: flash.chunkSize,
  };
  const played: PlayedTrust = {
    factory: vendorPart(vendor),
    vendor: await trustUpdate("vendor", vendorPart(vendor, nextVendor), vendorRoot),
    firstOwner: ownerPart(plant),
    owner: await trustUpdate("owner", ownerPart(next), plantRoot),
  };
  return { name: "owned", subject, scripts: trustPowerCutScripts(played) };
}

const role = (name: string, purpose: Role["purpose"], keys: readonly Signer[]): Role => ({
  name,
  purpose,
  threshold: 1,
  keys: keys.map(({ publicKey }) => trustKey(publicKey, nodeCrypto)),
  components: "any",
});

const recordOf = (roles: readonly Role[]): Uint8Array => serializeTrustRecord({ roles, legacyAlgorithms: [] });

const image = (id: ComponentId, length: number, sequence: bigint): Image => ({
  id,
  bytes: Uint8Array.from({ length }, seededBytes(length + Number(sequence) * 1000)),
});

async function trustUpdate(part: TrustPart, record: Uint8Array, root: Signer): Promise<PlayedTrust["vendor"]> {
  const { envelope } = await makeRelease(1n, [{ id: trustComponents[part], bytes: record }], [root]);
  return { envelope, record, sequence: 1n };
}

/** Payloads are called `0.bin`, `1.bin` and so on. */
async function makeRelease(sequence: bigint, images: readonly Image[], signers: readonly Signer[]): Promise<Release> {
  const index = (component: number | "all"): CommandInput => ({ kind: "set-component-index", index: component });
  const each = (commands: (i: number) => readonly CommandInput[]): CommandInput[] =>
    images.flatMap((_, i) => [index(i), ...commands(i)]);
  const isTrust = images.some(({ id }) => id === trustComponents.vendor || id === trustComponents.owner);
  const manifest: ManifestInput = {
    sequenceNumber: sequence,
    components: images.map(({ id }) => id),
    shared: {
      commands: [
        index("all"),
        set({ vendorIdentifier: vendorId, classIdentifier: classId }),
        condition("vendor-identifier"),
        condition("class-identifier"),
        ...images.flatMap(({ bytes }, i) => [
          index(i),
          set({ imageDigest: digestOf(nodeCrypto, "sha-256", bytes), imageSize: BigInt(bytes.length) }),
        ]),
      ],
    },
    validate: { commands: each(() => [condition("image-match")]) },
    ...(isTrust ? {} : { invoke: { commands: [index(0), directive("invoke")] } }),
    install: {
      at: "inline",
      value: { commands: each((i) => [set({ uri: `${i}.bin` }), directive("fetch"), condition("image-match")]) },
    },
  };
  return { envelope: await signManifest(manifest, { signers }), images: images.map(({ bytes }) => bytes) };
}
