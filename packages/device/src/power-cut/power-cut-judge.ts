import { bytesToHex, equalBytes } from "@sumac/crypto";
import { parseEnvelope } from "@sumac/suit";
import type { BootOutcome } from "../device/boot-device.ts";
import type { DeviceStatus } from "../device/device.ts";
import type { FlashLayout, SlotRegion } from "../flash/flash-layout.ts";
import type { PowerCutScene, PowerCutScript, PowerCutSubject, Release } from "./power-cut-scene.ts";
import { install, provision, tryAndConfirm } from "./power-cut-steps.ts";

/** What can be wrong after a cut (device.md 2). */
export type PowerCutProblem =
  /** Nothing runs, or recovery where a release could. */
  | "bricked"
  /** What runs is not, byte for byte and with all its components, one of the signed releases. */
  | "unsigned-run"
  /** What runs is older than the floor was. */
  | "rolled-back"
  /** A floor, or the number of a part of the trust record, is below what it was. */
  | "floor-lost"
  /** It runs, but takes no update any more. */
  | "stuck"
  /** Something that the scenario itself demands does not hold. */
  | "broken";

export interface PowerCutFinding {
  readonly problem: PowerCutProblem;
  readonly detail: string;
}

/** Every number of a device that must never fall. */
export interface Floors {
  readonly release: bigint;
  readonly recovery: bigint;
  readonly vendorTrust: bigint;
  readonly ownerTrust: bigint;
}

const noFloors: Floors = { release: 0n, recovery: 0n, vendorTrust: 0n, ownerTrust: 0n };

/** Compares what runs with the releases themselves: the device's own opinion of its images is not asked. */
export class PowerCutJudge {
  readonly #script: PowerCutScript;
  readonly #layout: FlashLayout;
  readonly #releases: ReadonlyMap<string, Release>;

  constructor(script: PowerCutScript, { layout, releases, recovery }: PowerCutSubject) {
    this.#script = script;
    this.#layout = layout;
    this.#releases = new Map([...releases, ...(recovery ?? [])].map((release) => [manifestDigestOf(release), release]));
  }

  /** Of a device that has just booted. */
  async judge(
    scene: PowerCutScene,
    outcome: BootOutcome,
    before: Floors = noFloors,
  ): Promise<PowerCutFinding | undefined> {
    const script = this.#script;
    if (outcome.kind === "not-provisioned" && script.blank === "allowed") return undefined;
    if (outcome.kind !== "running") {
      const detail = outcome.kind === "recovery-needed" ? outcome.why.code : outcome.kind;
      return { problem: "bricked", detail };
    }
    if (outcome.mode === "recovery" && script.recovery !== "allowed") {
      return { problem: "bricked", detail: "recovery runs, where a release should" };
    }
    const { slot, sequence, manifestDigest } = outcome.booted;
    const release = this.#releases.get(bytesToHex(manifestDigest));
    const region = this.#layout.slots[slot];
    if (release === undefined || region === undefined) return { problem: "unsigned-run", detail: "no such release" };
    const other = await otherImage(scene, region, release);
    if (other !== undefined) {
      return { problem: "unsigned-run", detail: `slot ${slot} holds other bytes than release ${sequence}: ${other}` };
    }
    const after = floorsOf(scene.device.status());
    for (const name in before) {
      const [was, is] = [before[name as keyof Floors], after[name as keyof Floors]];
      if (is < was) return { problem: "floor-lost", detail: `${name}: ${was} became ${is}` };
    }
    const floor = slot === "recovery" ? after.recovery : after.release;
    if (sequence < floor) return { problem: "rolled-back", detail: `runs ${sequence} under floor ${floor}` };
    const broken = await script.judge?.(scene, outcome);
    return broken === undefined ? undefined : { problem: "broken", detail: broken };
  }
}

/** Of a device that has just booted; nothing of one that is not provisioned. */
export const floorsAfter = ({ device }: PowerCutScene, outcome: BootOutcome): Floors =>
  outcome.kind === "running" ? floorsOf(device.status()) : noFloors;

const floorsOf = ({ floor, recovery, trust }: DeviceStatus): Floors => ({
  release: floor.sequence,
  recovery: recovery?.sequence ?? 0n,
  vendorTrust: trust.vendor.sequence,
  // To have an owner is more than to have none.
  ownerTrust: trust.owner === undefined ? 0n : trust.owner.sequence + 1n,
});

/** Which image is not the release's. */
async function otherImage(
  { flash }: PowerCutScene,
  { images }: SlotRegion,
  release: Release,
): Promise<string | undefined> {
  for (const [i, { offset }] of images.entries()) {
    const image = release.images[i];
    if (image === undefined) return `no image ${i}`;
    if (!equalBytes(await flash.read(offset, image.length), image)) return `image ${i}`;
  }
  return undefined;
}

function manifestDigestOf({ envelope }: Release): string {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new RangeError(`a release is no envelope: ${parsed.error.code}`);
  return bytesToHex(parsed.value.digest.bytes);
}

/** Brings a device, that has just booted, to a confirmed boot of the newest release, whatever state it is in. */
export async function bringUpToDate(scene: PowerCutScene, outcome: BootOutcome): Promise<BootOutcome> {
  const { device, subject } = scene;
  if (outcome.kind === "not-provisioned") {
    await provision(scene);
    await device.boot();
  }
  if (device.status().mode === "trial") await device.confirm();
  const received = device.receive(subject.releases[2].envelope, {});
  if (!received.ok || received.value.kind !== "already-installed") {
    await install(scene, subject.releases[2]);
    await device.arm();
    await tryAndConfirm(scene);
  }
  return device.boot();
}
