import type { Crypto } from "@sumac/crypto";
import { differences, makeSeal, readSeal, sealedContent } from "../integrity/integrity-seal.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import type { DeviceState } from "./state.ts";
import type { StateReading, StateStore } from "./state-store.ts";

/**
 * Puts the device's seal into every state that is written, together with the change that it covers: a power cut leaves the
 * old state with the old seal or the new one with the new. A state that was not as sealed when it was read is not sealed
 * by going on with it: its seal stays wrong until somebody accepts the state by name.
 */
export class SealingStateStore implements StateStore {
  readonly #inner: StateStore;
  readonly #key: DeviceKey;
  readonly #crypto: Crypto;
  /** What the next write may be sealed on top of. */
  #stored: "unknown" | "sound" | "not-as-sealed" = "unknown";

  constructor(inner: StateStore, key: DeviceKey, crypto: Crypto) {
    this.#inner = inner;
    this.#key = key;
    this.#crypto = crypto;
  }

  get capacity(): number {
    return this.#inner.capacity - sealRoom;
  }

  async read(): Promise<StateReading> {
    const reading = await this.#inner.read();
    const isSound = reading.kind === "blank" || (reading.kind === "present" && this.#isAsSealed(reading.state));
    this.#stored = isSound ? "sound" : "not-as-sealed";
    return reading;
  }

  async write(state: DeviceState): Promise<void> {
    if (this.#stored === "unknown") await this.read();
    const seals = this.#stored === "sound" && !this.#isAsSealed(state);
    await this.#inner.write(seals ? await this.#sealed(state) : state);
  }

  /** Takes the stored state for right, as it is: for a device that had no key before, or after an inquiry on site. */
  async accept(): Promise<"accepted" | "nothing-stored"> {
    const reading = await this.#inner.read();
    if (reading.kind !== "present") return "nothing-stored";
    await this.#inner.write(await this.#sealed(reading.state));
    this.#stored = "sound";
    return "accepted";
  }

  async #sealed(state: DeviceState): Promise<DeviceState> {
    return { ...state, seal: await makeSeal(sealedContent(state, this.#crypto), this.#key, this.#crypto) };
  }

  #isAsSealed(state: DeviceState): boolean {
    if (state.seal === undefined) return false;
    const sealed = readSeal(state.seal, this.#key.publicKey, this.#crypto);
    return sealed.ok && differences(sealedContent(state, this.#crypto), sealed.value).length === 0;
  }
}

/** Bytes of the largest seal: four digests, key id and signature of the classic schemes, with their heads. */
const sealRoom = 384;
