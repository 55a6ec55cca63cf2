import type { Crypto } from "@sumac/crypto";
import type { BootOutcome } from "../device/boot-device.ts";
import type { Device } from "../device/device.ts";
import type { Factory } from "../factory/provision.ts";
import type { Flash } from "../flash/flash.ts";
import type { FlashLayout } from "../flash/flash-layout.ts";
import { flashDevice } from "../flash/simulated-device.ts";

/** An envelope and its payloads, in the order of the device's components, as the server would hand them out. */
export interface Release {
  readonly envelope: Uint8Array;
  readonly images: readonly Uint8Array[];
}

/** The device and the releases that scenarios are played with. */
export interface PowerCutSubject {
  readonly layout: FlashLayout;
  readonly crypto: Crypto;
  readonly factory: Pick<Factory, "identity" | "trustRecord">;
  /** Three good releases for this device, oldest first. */
  readonly releases: readonly [Release, Release, Release];
  /** Two recovery images, oldest first, where the layout has a slot for them. */
  readonly recovery?: readonly [Release, Release];
  /** Bytes of one piece of a download: the smaller, the more flash operations there are. */
  readonly chunkSize: number;
  /** A device with more to it than slots and state, such as an event log. Not given: `flashDevice`. */
  switchOn?(flash: Flash, layout: FlashLayout, crypto: Crypto): Promise<PoweredDevice>;
}

export interface PoweredDevice {
  readonly device: Device;
  /** Returns when nothing more is going to be written because of what has happened so far. */
  settle?(): Promise<void>;
}

/** What a step of a scenario has at hand: a device, switched off at first, and the flash it lives on. */
export interface PowerCutScene extends PoweredDevice {
  readonly flash: Flash;
  readonly subject: PowerCutSubject;
}

/** A story in which the power may fail. Played on any subject that it applies to. */
export interface PowerCutScript {
  readonly name: string;
  /** Default: to every subject. */
  appliesTo?(subject: PowerCutSubject): boolean;
  /** Whether a device may still count as not provisioned afterwards. Default `bricked`. */
  readonly blank?: "allowed" | "bricked";
  /** Whether the recovery image may be what runs afterwards. Default `bricked`. */
  readonly recovery?: "allowed" | "bricked";
  /** What has happened before the power may fail. */
  before(scene: PowerCutScene): Promise<void>;
  /** What happens while it may. Must do the same whenever it is played. */
  act(scene: PowerCutScene): Promise<void>;
  /** What else has to hold after a cut and the boot that follows; answers what is wrong. The device is running. */
  judge?(scene: PowerCutScene, outcome: BootOutcome): Promise<string | undefined>;
}

export async function openScene(flash: Flash, subject: PowerCutSubject, crypto: Crypto): Promise<PowerCutScene> {
  const { layout } = subject;
  const powered = (await subject.switchOn?.(flash, layout, crypto)) ?? { device: flashDevice(flash, layout, crypto) };
  return { ...powered, flash, subject };
}
