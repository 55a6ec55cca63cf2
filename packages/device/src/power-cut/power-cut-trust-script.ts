import { equalBytes } from "@sumac/crypto";
import type { DeviceStatus } from "../device/device.ts";
import type { PowerCutScene, PowerCutScript } from "./power-cut-scene.ts";
import { installAndArm, provision, update } from "./power-cut-steps.ts";

/** A new part of the trust record, as it would be sent. */
export interface PlayedTrustUpdate {
  readonly envelope: Uint8Array;
  /** The payload; not in the envelope. */
  readonly record: Uint8Array;
  readonly sequence: bigint;
}

/** What the stories about the trust record are played with, beside the subject's releases, which it must not refuse. */
export interface PlayedTrust {
  /** The vendor's part that the subject's factory puts in. */
  readonly factory: Uint8Array;
  readonly vendor: PlayedTrustUpdate;
  /** The first owner's part, and the one that replaces it. */
  readonly firstOwner: Uint8Array;
  readonly owner: PlayedTrustUpdate;
}

type Trust = DeviceStatus["trust"];

/**
 * Stories in which the trust record changes. After a cut either the part from before or the next one is in force, with its
 * own number: never none, never a mixture.
 */
export function trustPowerCutScripts(played: PlayedTrust): readonly PowerCutScript[] {
  const { factory, vendor, firstOwner, owner } = played;
  const provisioned: Trust = { vendor: { record: factory, sequence: 0n } };
  const updated: Trust = { vendor };
  const owned: Trust = { ...provisioned, owner: { record: firstOwner, sequence: 0n } };
  const reowned: Trust = { ...provisioned, owner };
  return [
    {
      name: "trust-update",
      before: async (scene) => {
        await provision(scene);
        await update(scene, 1);
      },
      act: async (scene) => {
        // What is armed has to go with the record that it was judged under.
        await installAndArm(scene, 2);
        await applyTrust(scene, vendor);
        await scene.device.boot();
      },
      judge: async ({ device }) =>
        oneOf(device.status(), [provisioned, updated]) ?? armedUnderOld(device.status(), vendor.sequence),
    },
    {
      name: "first-owner",
      before: provision,
      act: async ({ device }) => {
        await device.boot();
        await own({ device }, firstOwner);
        await device.boot();
      },
      judge: async ({ device }) => oneOf(device.status(), [provisioned, owned]),
    },
    {
      name: "owner-key-change",
      before: async (scene) => {
        await provision(scene);
        await scene.device.boot();
        await own(scene, firstOwner);
      },
      act: async (scene) => {
        await scene.device.boot();
        await applyTrust(scene, owner);
        await scene.device.boot();
      },
      judge: async ({ device }) => oneOf(device.status(), [owned, reowned]),
    },
  ];
}

async function applyTrust({ device, subject }: PowerCutScene, { envelope, record }: PlayedTrustUpdate): Promise<void> {
  const received = device.receive(envelope, {});
  if (!received.ok) throw new Error(`a trust update is refused: ${received.error.code}`);
  if (received.value.kind !== "trust-offer") throw new Error(`a trust update is ${received.value.kind}`);
  const applied = await device.applyTrust(received.value.offer, {
    async *fetch() {
      for (let at = 0; at < record.length; at += subject.chunkSize) yield record.subarray(at, at + subject.chunkSize);
    },
  });
  if (!applied.ok) throw new Error(`a trust record is refused: ${applied.error.code}`);
}

async function own({ device }: Pick<PowerCutScene, "device">, record: Uint8Array): Promise<void> {
  const owned = await device.own(record);
  if (!owned.ok) throw new Error(`an owner's part is refused: ${owned.error.code}`);
}

const oneOf = ({ trust }: DeviceStatus, allowed: readonly Trust[]): string | undefined =>
  allowed.some(({ vendor, owner }) => same(trust.vendor, vendor) && same(trust.owner, owner))
    ? undefined
    : "the trust record in force is neither the one before nor the next one";

const same = (a: Trust["owner"], b: Trust["owner"]): boolean =>
  a === undefined || b === undefined ? a === b : a.sequence === b.sequence && equalBytes(a.record, b.record);

/** A release may be on trial only under the record that it was judged under. */
const armedUnderOld = ({ trust, mode }: DeviceStatus, next: bigint): string | undefined =>
  trust.vendor.sequence === next && mode === "trial" ? "what was armed under the old record is on trial" : undefined;
