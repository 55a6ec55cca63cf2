/** A provisioned device in memory, for tests. */
import type { Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { expect } from "vitest";
import type { BootOutcome } from "../device/boot-device.ts";
import type { Device } from "../device/device.ts";
import type { DeviceRefusal, OfferConditions, Received } from "../device/offer.ts";
import {
  approvalTrust,
  makeRelease,
  ownerKey,
  type Release,
  testFactory,
  testLayout,
  vendorKey,
} from "../device/release.test.support.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import { MemoryFlash } from "./memory-flash.ts";
import { flashDevice } from "./simulated-device.ts";

export const first: Release = makeRelease({ sequence: 5n });
export const second: Release = makeRelease({ sequence: 6n });

export async function* streamOf(bytes: Uint8Array, chunkSize = 64): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

export interface Simulated {
  readonly flash: MemoryFlash;
  readonly device: Device;
}

/** Provisioned with sequence 5 in slot a, and running. */
export async function provisioned(trustRecord: Uint8Array = testFactory.trustRecord): Promise<Simulated> {
  const flash = new MemoryFlash(testLayout.geometry);
  const device = flashDevice(flash, testLayout, nodeCrypto);
  const release = trustRecord === approvalTrust ? makeRelease({ sequence: 5n, signers: [vendorKey, ownerKey] }) : first;
  const result = await device.provision({
    ...testFactory,
    trustRecord,
    ...release,
    fetch: () => streamOf(release.image),
  });
  expect(result.ok).toBe(true);
  await device.boot();
  return { flash, device };
}

/** Staged and armed, with the device still running the old image. */
export async function armed(release: Release = second): Promise<Simulated> {
  const simulated = await provisioned();
  expect(await offer(simulated.device, release)).toEqual({ ok: true, value: expect.objectContaining({ slot: "b" }) });
  await simulated.device.arm();
  return simulated;
}

/** The whole way of an update up to staged; the refusal wherever it comes. */
export async function offer(
  device: Device,
  release: Release,
  conditions: OfferConditions = {},
): Promise<Result<Received | SlotImage, DeviceRefusal>> {
  const received = device.receive(release.envelope, conditions);
  if (!received.ok) return received;
  if (received.value.kind !== "offer") return received;
  return device.install(received.value.offer, { fetch: (from) => streamOf(release.image.subarray(from)) });
}

export const running = (
  sequence: bigint,
  slot: "a" | "b",
  mode: "confirmed" | "trial",
  why: string,
): Partial<BootOutcome> => ({
  kind: "running",
  booted: expect.objectContaining({ sequence, slot, version: `1.${sequence}.0` }),
  mode,
  why: why as never,
});

/** The bytes with the lowest bit of one of them flipped. */
export const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
