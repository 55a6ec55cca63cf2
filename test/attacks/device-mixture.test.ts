import { nodeCrypto } from "@sumac/crypto/node";
import { type Device, flashDevice, MemoryFlash, type PowerCutSubject } from "@sumac/device";
import { componentKey } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { playedDevices } from "../power-cut/played-devices.ts";

const found = (await playedDevices()).find(({ name }) => name === "gateway");
if (found === undefined) throw new Error("nobody has several components");
const subject: PowerCutSubject = found.subject;
const [first, second] = subject.releases;
const ids = subject.factory.identity.components.map(componentKey);

async function* payload(images: readonly Uint8Array[], component: string, from: number): AsyncGenerator<Uint8Array> {
  yield (images[ids.indexOf(component)] ?? new Uint8Array()).subarray(from);
}

async function runningFirst(): Promise<{ flash: MemoryFlash; device: Device }> {
  const flash = new MemoryFlash(subject.layout.geometry);
  const device = flashDevice(flash, subject.layout, nodeCrypto);
  const made = await device.provision({
    ...subject.factory,
    envelope: first.envelope,
    fetch: (from, { component }) => payload(first.images, componentKey(component), from),
  });
  if (!made.ok) throw new Error(made.error.code);
  await device.boot();
  return { flash, device };
}

async function install(device: Device, images: readonly Uint8Array[]) {
  const received = device.receive(second.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
  return device.install(received.value.offer, {
    fetch: (from, { component }) => payload(images, componentKey(component), from),
  });
}

describe("T-UPT-MIX: images that are each signed, but not together, never run together", () => {
  test.each([0, 1, 2])(
    "T-UPT-MIX: image %i of the old release among those of the new one, on the wire",
    async (old) => {
      const { device } = await runningFirst();
      const mixed = second.images.map((image, i) => (i === old ? (first.images[i] ?? image) : image));
      expect(await install(device, mixed)).toMatchObject({ ok: false, error: { code: "image-digest-mismatch" } });
      expect(device.status().boot.state).toBe("idle");
      expect(await device.boot()).toMatchObject({ booted: { sequence: 1n }, mode: "confirmed" });
    },
  );

  test.each([0, 1, 2])("T-UPT-MIX: image %i of the old release among those of the new one, in flash", async (old) => {
    const { device, flash } = await runningFirst();
    expect(await install(device, second.images)).toMatchObject({ ok: true });
    await device.arm();
    const place = subject.layout.slots.b.images[old];
    flash.tamper(place?.offset ?? 0, first.images[old] ?? new Uint8Array());
    expect(await device.boot()).toMatchObject({
      booted: { sequence: 1n, slot: "a" },
      events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-readback-mismatch" } }],
    });
  });

  test("T-UPT-MIX: together as signed they run", async () => {
    const { device } = await runningFirst();
    await install(device, second.images);
    await device.arm();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 2n }, mode: "trial" });
  });
});
