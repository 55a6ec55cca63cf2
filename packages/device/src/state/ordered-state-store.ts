import type { DeviceState } from "./state.ts";
import type { StateReading, StateStore } from "./state-store.ts";

/**
 * Lets one access to the state end before the next begins: a read may repair a copy, and one beside a write would repair
 * what is being replaced.
 */
export class OrderedStateStore implements StateStore {
  readonly #inner: StateStore;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(inner: StateStore) {
    this.#inner = inner;
  }

  get capacity(): number {
    return this.#inner.capacity;
  }

  read(): Promise<StateReading> {
    return this.#inTurn(() => this.#inner.read());
  }

  write(state: DeviceState): Promise<void> {
    return this.#inTurn(() => this.#inner.write(state));
  }

  #inTurn<T>(access: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(access, access);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
