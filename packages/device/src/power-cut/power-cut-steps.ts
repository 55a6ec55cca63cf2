import { erasedByte } from "../flash/flash.ts";
import { imageSlotNames } from "../slots/slot.ts";
import type { ImageSource } from "../slots/stage-update.ts";
import type { PowerCutScene, PowerCutSubject, Release } from "./power-cut-scene.ts";

/** What scenarios are made of. Each throws if the device does not do what the story needs. */

export async function provision({ device, subject }: PowerCutScene): Promise<void> {
  const [recovery] = subject.recovery ?? [];
  const provisioned = await device.provision({
    ...subject.factory,
    ...factoryRelease(subject.releases[0], subject),
    ...(recovery === undefined ? {} : { recovery: factoryRelease(recovery, subject) }),
  });
  if (!provisioned.ok) throw new Error(`the first release is refused: ${provisioned.error.code}`);
}

const factoryRelease = (release: Release, subject: PowerCutSubject) => ({
  envelope: release.envelope,
  fetch: payloadsOf(release, subject),
});

export async function installAndArm(scene: PowerCutScene, release: 1 | 2): Promise<void> {
  await scene.device.boot();
  await install(scene, scene.subject.releases[release]);
  await scene.device.arm();
}

export async function tryAndConfirm({ device }: PowerCutScene): Promise<void> {
  await device.boot();
  const confirmed = await device.confirm();
  if (!confirmed.ok) throw new Error("there was no trial");
}

/** The whole way of one release, from a device that is switched off to a confirmed boot. */
export async function update(scene: PowerCutScene, release: 1 | 2): Promise<void> {
  await installAndArm(scene, release);
  await tryAndConfirm(scene);
}

export async function install(
  { device, subject }: PowerCutScene,
  release: Release,
  how: { readonly expected?: "accepted" | "refused"; readonly fetch?: ImageSource["fetch"] } = {},
): Promise<void> {
  const received = device.receive(release.envelope, {});
  if (!received.ok) throw new Error(`a release is refused: ${received.error.code}`);
  if (received.value.kind !== "offer") throw new Error(`a release is ${received.value.kind}`);
  const installed = await device.install(received.value.offer, { fetch: how.fetch ?? payloadsOf(release, subject) });
  if (installed.ok === (how.expected === "refused"))
    throw new Error(`the payload was not ${how.expected ?? "accepted"}`);
}

/** The connection breaks off after so many bytes of all images; what arrived is kept. */
export async function beginInstall(scene: PowerCutScene, release: Release, bytes: number): Promise<void> {
  const whole = payloadsOf(release, scene.subject);
  let left = bytes;
  const fetch: ImageSource["fetch"] = async function* (from, payload) {
    for await (const chunk of whole(from, payload)) {
      if (chunk.length >= left) {
        yield chunk.subarray(0, left);
        throw new BrokenLine();
      }
      left -= chunk.length;
      yield chunk;
    }
  };
  try {
    await install(scene, release, { fetch });
  } catch (error) {
    if (error instanceof BrokenLine) return;
    throw error;
  }
  throw new Error("the connection did not break off");
}

class BrokenLine extends Error {}

export const totalSize = ({ images }: Release): number => images.reduce((sum, image) => sum + image.length, 0);

/** One bit of the last image. */
export function damaged({ envelope, images }: Release): Release {
  const last = images.at(-1) ?? new Uint8Array();
  return { envelope, images: [...images.slice(0, -1), last.with(0, (last[0] ?? 0) ^ 1)] };
}

/** Both slots lose their heads, as if the flash had decayed: only recovery is left. */
export async function ruinSlots({ flash, subject }: PowerCutScene): Promise<void> {
  const { eraseBlock } = flash.geometry;
  for (const slot of imageSlotNames) {
    const { envelopeOffset } = subject.layout.slots[slot];
    await flash.erase(envelopeOffset);
    await flash.write(envelopeOffset, new Uint8Array(eraseBlock).fill(erasedByte ^ 0x5a));
  }
}

export function payloadsOf({ images }: Release, { layout, chunkSize }: PowerCutSubject): ImageSource["fetch"] {
  const places = [layout.slots.a, layout.slots.recovery].map((slot) => slot?.images ?? []);
  return async function* (from, { component }) {
    const position = places
      .map((place) => place.findIndex((image) => image.component === component))
      .find((i) => i >= 0);
    const image = images[position ?? 0] ?? new Uint8Array();
    for (let at = from; at < image.length; at += chunkSize) yield image.subarray(at, at + chunkSize);
  };
}
