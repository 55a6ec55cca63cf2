import type { Crypto } from "@sumac/crypto";
import type { Device } from "./device.ts";
import type { FlashLayout } from "./flash-layout.ts";
import { MemoryFlash } from "./memory-flash.ts";
import type { Factory } from "./provision.ts";
import { flashDevice } from "./simulated-device.ts";

/** An envelope and its payload, both as the server would hand them out. */
export interface Release {
  readonly envelope: Uint8Array;
  readonly image: Uint8Array;
}

/** The device and the releases that scenarios are played with. */
export interface PowerCutSubject {
  readonly layout: FlashLayout;
  readonly crypto: Crypto;
  readonly factory: Pick<Factory, "identity" | "trustRecord">;
  /** Three good releases for this device, oldest first. */
  readonly releases: readonly [Release, Release, Release];
  /** Bytes of one piece of a download: the smaller, the more flash operations there are. */
  readonly chunkSize: number;
}

export type PowerCutScenarioName =
  | "first-install"
  | "update"
  | "second-update"
  | "resumed-download"
  | "replaced-update"
  | "refused-payload"
  | "failed-trial"
  | "revert"
  | "confirm";

export interface PowerCutScenario {
  readonly name: PowerCutScenarioName;
  readonly subject: PowerCutSubject;
  /** The flash before it begins. */
  readonly start: Uint8Array;
  /** Whether a device may still count as not provisioned afterwards. */
  readonly blank: "allowed" | "bricked";
  /** What happens while the power may fail. `device` is switched off at first. */
  act(device: Device): Promise<void>;
}

type Steps = (device: Device, subject: PowerCutSubject) => Promise<void>;

/** What has happened before the power may fail, and what happens then. */
const scripts: Readonly<Record<PowerCutScenarioName, { readonly before: Steps; readonly act: Steps }>> = {
  "first-install": { before: async () => undefined, act: (device, subject) => provision(device, subject) },
  update: {
    before: provision,
    act: async (device, subject) => {
      await installAndArm(device, subject, 1);
      await tryAndConfirm(device);
      await device.boot();
    },
  },
  "second-update": {
    before: async (device, subject) => {
      await provision(device, subject);
      await installAndArm(device, subject, 1);
      await tryAndConfirm(device);
    },
    act: async (device, subject) => {
      await installAndArm(device, subject, 2);
      await tryAndConfirm(device);
    },
  },
  "resumed-download": {
    before: async (device, subject) => {
      await provision(device, subject);
      await device.boot();
      const { envelope, image } = subject.releases[1];
      await install(device, { envelope, image: image.subarray(0, image.length >> 1) }, subject, "cut").catch(ignoreCut);
    },
    act: async (device, subject) => {
      await installAndArm(device, subject, 1);
      await tryAndConfirm(device);
    },
  },
  "replaced-update": {
    before: provision,
    act: async (device, subject) => {
      await installAndArm(device, subject, 1);
      await install(device, subject.releases[2], subject, "accepted");
      await device.arm();
      await tryAndConfirm(device);
    },
  },
  "refused-payload": {
    before: provision,
    act: async (device, subject) => {
      const { envelope, image } = subject.releases[1];
      await device.boot();
      await install(device, { envelope, image: image.with(0, (image[0] ?? 0) ^ 1) }, subject, "refused");
    },
  },
  "failed-trial": {
    before: provision,
    act: async (device, subject) => {
      await installAndArm(device, subject, 1);
      await device.boot();
      await device.boot();
      await device.boot();
    },
  },
  revert: {
    before: async (device, subject) => {
      await provision(device, subject);
      await installAndArm(device, subject, 1);
      await device.boot();
    },
    act: async (device) => {
      await device.boot();
      await device.boot();
    },
  },
  confirm: {
    before: async (device, subject) => {
      await provision(device, subject);
      await installAndArm(device, subject, 1);
    },
    act: async (device) => {
      await tryAndConfirm(device);
      await device.boot();
    },
  },
};

export const powerCutScenarioNames: readonly PowerCutScenarioName[] = Object.keys(scripts) as PowerCutScenarioName[];

/** Plays the part before the power may fail, and hands back the rest. Throws if the subject's releases are refused. */
export async function powerCutScenario(
  name: PowerCutScenarioName,
  subject: PowerCutSubject,
): Promise<PowerCutScenario> {
  const { before, act } = scripts[name];
  const flash = new MemoryFlash(subject.layout.geometry);
  await before(flashDevice(flash, subject.layout, subject.crypto), subject);
  return {
    name,
    subject,
    start: flash.snapshot(),
    blank: name === "first-install" ? "allowed" : "bricked",
    act: (device) => act(device, subject),
  };
}

/** Brings a device, switched off, to a confirmed boot of the newest release, whatever state it is in. */
export async function bringUpToDate(device: Device, subject: PowerCutSubject): Promise<void> {
  const outcome = await device.boot();
  if (outcome.kind === "not-provisioned") {
    await provision(device, subject);
    await device.boot();
  }
  if (device.status().mode === "trial") await device.confirm();
  const received = device.receive(subject.releases[2].envelope, {});
  if (received.ok && received.value.kind === "already-installed") return;
  await install(device, subject.releases[2], subject, "accepted");
  await device.arm();
  await tryAndConfirm(device);
}

async function provision(device: Device, subject: PowerCutSubject): Promise<void> {
  const { envelope, image } = subject.releases[0];
  const provisioned = await device.provision({ ...subject.factory, envelope, image: inChunks(image, subject) });
  if (!provisioned.ok) throw new Error(`the first release is refused: ${provisioned.error.code}`);
}

async function installAndArm(device: Device, subject: PowerCutSubject, release: 1 | 2): Promise<void> {
  await device.boot();
  await install(device, subject.releases[release], subject, "accepted");
  await device.arm();
}

/** `cut`: the stream ends with a throw, so that what arrived is kept. */
async function install(
  device: Device,
  { envelope, image }: Release,
  subject: PowerCutSubject,
  expected: "accepted" | "refused" | "cut",
): Promise<void> {
  const received = device.receive(envelope, {});
  if (!received.ok) throw new Error(`a release is refused: ${received.error.code}`);
  if (received.value.kind === "already-installed") throw new Error("a release is installed already");
  const installed = await device.install(received.value.offer, {
    async *fetch(from) {
      yield* inChunks(image.subarray(from), subject);
      if (expected === "cut") throw new CutLine();
    },
  });
  if (installed.ok === (expected === "refused")) throw new Error(`the payload was not ${expected}`);
}

async function tryAndConfirm(device: Device): Promise<void> {
  await device.boot();
  const confirmed = await device.confirm();
  if (!confirmed.ok) throw new Error("there was no trial");
}

class CutLine extends Error {}

function ignoreCut(error: unknown): void {
  if (!(error instanceof CutLine)) throw error;
}

async function* inChunks(bytes: Uint8Array, { chunkSize }: PowerCutSubject): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}
