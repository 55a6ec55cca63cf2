import type { DeviceState } from "./state.ts";
import type { StateReading, StateStore } from "./state-store.ts";

/** What a state store holds, for a device that is only looked at: what is written to the copy, the copy alone remembers. */
export class CopiedStateStore implements StateStore {
  readonly #original: StateStore;
  #written: DeviceState | undefined;

  constructor(original: StateStore) {
    this.#original = original;
  }

  get capacity(): number {
    return this.#original.capacity;
  }

  async read(): Promise<StateReading> {
    if (this.#written === undefined) return this.#original.read();
    return { kind: "present", state: this.#written, repaired: "nothing" };
  }

  async write(state: DeviceState): Promise<void> {
    this.#written = state;
  }
}
