import type { Crypto } from "@sumac/crypto";
import { Device } from "../device/device.ts";
import { FlashState } from "../state/flash-state.ts";
import type { Flash } from "./flash.ts";
import type { FlashLayout } from "./flash-layout.ts";
import { FlashSlots } from "./flash-slots.ts";

/** A device on NOR flash. The flash is laid out as `layout` says; after a power cut, make a new one on the same flash. */
export function flashDevice(flash: Flash, layout: FlashLayout, crypto: Crypto): Device {
  const slots = new FlashSlots(flash, layout, crypto);
  return new Device({ slots, state: new FlashState(flash, layout.state, crypto), crypto });
}
