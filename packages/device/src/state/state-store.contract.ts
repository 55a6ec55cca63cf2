import { describe, expect, test } from "vitest";
import type { DeviceState } from "./state.ts";
import type { StateStore } from "./state-store.ts";

/** A state that differs from others by its number. */
export const numberedState = (sequence: bigint): DeviceState => ({
  floor: { sequence, manifestDigest: new Uint8Array(32).fill(Number(sequence & 0xffn)) },
  boot: { state: "idle", active: "a", trials: [] },
  trust: { vendor: { record: new Uint8Array(80).fill(7), sequence: 0n } },
  identity: {
    vendorIds: [new Uint8Array(16).fill(1)],
    classIds: [new Uint8Array(16).fill(2)],
    components: [[Uint8Array.of(0)]],
  },
  lastTime: 0n,
});

/** What every `StateStore` promises. `open` gives a new, blank store; `reopen` finds what was stored. */
export function stateStoreContract(name: string, open: () => { store: StateStore; reopen: () => StateStore }): void {
  describe(`state store contract: ${name}`, () => {
    test("starts blank", async () => {
      expect(await open().store.read()).toEqual({ kind: "blank" });
    });

    test("reads what was written last, from the same and from a new store", async () => {
      const { store, reopen } = open();
      for (let i = 1n; i <= 25n; i++) {
        await store.write(numberedState(i));
        for (const seen of [store, reopen()]) {
          expect(await seen.read()).toEqual({ kind: "present", state: numberedState(i), repaired: "nothing" });
        }
      }
    });

    test("a new store goes on where the old one stopped", async () => {
      const { store, reopen } = open();
      await store.write(numberedState(1n));
      for (let i = 2n; i <= 12n; i++) await reopen().write(numberedState(i));
      expect(await store.read()).toEqual({ kind: "present", state: numberedState(12n), repaired: "nothing" });
    });

    test("a state that is too large is a bug, and changes nothing", async () => {
      const { store } = open();
      await store.write(numberedState(1n));
      const huge = { ...numberedState(2n), trust: { vendor: { record: new Uint8Array(1 << 20), sequence: 0n } } };
      await expect(store.write(huge)).rejects.toThrow(RangeError);
      expect(await store.read()).toEqual({ kind: "present", state: numberedState(1n), repaired: "nothing" });
    });
  });
}
