import type { Crypto } from "@sumac/crypto";
import { Device } from "./device.ts";
import type { Flash } from "./flash.ts";
import { type FlashLayout, planFlash } from "./flash-layout.ts";
import { FlashSlots } from "./flash-slots.ts";
import { FlashState } from "./flash-state.ts";

/** A device on NOR flash. The flash is laid out as `layout` says; after a power cut, make a new one on the same flash. */
export function flashDevice(flash: Flash, layout: FlashLayout, crypto: Crypto): Device {
  const slots = new FlashSlots(flash, layout, crypto);
  return new Device({ slots, state: new FlashState(flash, layout.state, crypto), crypto });
}

/** The flash of `sumac device`: images of up to 4 MiB, sectors of 4 KiB, as on a common serial NOR part. */
export const simulatedLayout: FlashLayout = planFlash({
  eraseBlock: 4096,
  writeSize: 16,
  image: 4 << 20,
  envelope: 65536,
  state: 4000,
});
