import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { planFlash } from "../flash/flash-layout.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { cutMoments, PowerCut, PowerCutFlash } from "../power-cut/power-cut.ts";
import { Unavailable } from "../unavailable.ts";
import { FlashState } from "./flash-state.ts";
import { numberedState, stateStoreContract } from "./state-store.contract.ts";

const layout = planFlash({ eraseBlock: 256, writeSize: 16, components: [], envelope: 1, state: 230 });
const { bankSize } = layout.state;
const open = (flash: MemoryFlash | PowerCutFlash): FlashState => new FlashState(flash, layout.state, nodeCrypto);

stateStoreContract("flash", () => {
  const flash = new MemoryFlash(layout.geometry);
  return { store: open(flash), reopen: () => open(flash) };
});

async function written(count: number): Promise<Uint8Array> {
  const flash = new MemoryFlash(layout.geometry);
  for (let i = 1; i <= count; i++) await open(flash).write(numberedState(BigInt(i)));
  return flash.snapshot();
}

test("the bank holds several records, so that these tests see full and empty banks", () => {
  expect(Math.floor(bankSize / layout.state.cellSize)).toBe(4);
});

test("no unit is programmed twice, and both banks wear alike", async () => {
  const flash = new MemoryFlash(layout.geometry);
  for (let i = 1n; i <= 40n; i++) await open(flash).write(numberedState(i));
  expect(flash.reprogrammed).toBe(0);
  expect(flash.wear[0]).toBe(flash.wear[bankSize / layout.geometry.eraseBlock]);
  expect(flash.wear[0]).toBeLessThan(14);
});

test("a cut at every operation of every write leaves the old state or the new one, twice in a row", async () => {
  for (let count = 0; count <= 9; count++) {
    const before = await written(count);
    const next = numberedState(BigInt(count + 1));
    for (let operation = 0; operation < 4; operation++) {
      for (const moment of cutMoments) {
        for (let second = -1; second < 4; second++) {
          const flash = new MemoryFlash(layout.geometry, before);
          const cut = async (at: number, seed: number): Promise<void> => {
            const store = open(new PowerCutFlash(flash, { operation: at, moment }, seed));
            try {
              await store.read();
              await store.write(next);
            } catch (error) {
              expect(error).toBeInstanceOf(PowerCut);
            }
          };
          await cut(operation, operation);
          // The second cut falls into the repair of the first, or into the write after it.
          if (second >= 0) await cut(second, 100 + second);
          const reading = await open(flash).read();
          if (count === 0 && reading.kind === "blank") continue;
          expect(reading.kind).toBe("present");
          if (reading.kind !== "present") continue;
          const { sequence } = reading.state.floor;
          expect([BigInt(count), BigInt(count + 1)]).toContain(sequence);
          // And it can still be written.
          await open(flash).write(numberedState(99n));
          expect(await open(flash).read()).toMatchObject({ state: numberedState(99n), repaired: "nothing" });
        }
      }
    }
  }
});

test("the copy that a cut left behind is written again by the next read, which says so once", async () => {
  for (const moment of ["before", "torn"] as const) {
    const flash = new MemoryFlash(layout.geometry, await written(1));
    const cut = new PowerCutFlash(flash, { operation: 1, moment }, 1);
    await expect(open(cut).write(numberedState(2n))).rejects.toThrow(PowerCut);
    expect(await open(flash).read()).toEqual({ kind: "present", state: numberedState(2n), repaired: "copy" });
    const repaired = flash.snapshot();
    expect(await open(flash).read()).toEqual({ kind: "present", state: numberedState(2n), repaired: "nothing" });
    expect(flash.snapshot()).toEqual(repaired);
  }
});

test("one corrupted byte anywhere is outlived, and never brings back an older state", async () => {
  // One record in fresh banks, half full, full, and the first record after the erase.
  for (const count of [1, 3, 4, 5]) {
    const content = await written(count);
    for (let at = 0; at < 2 * bankSize; at++) {
      const corrupted = [0x00, 0xff, (content[at] ?? 0) ^ 0x10][at % 3] ?? 0;
      const flash = new MemoryFlash(layout.geometry, content.with(at, corrupted));
      const reading = await open(flash).read();
      if (reading.kind !== "present" || reading.state.floor.sequence !== BigInt(count)) {
        expect.fail(
          `${count} records, byte ${at}: ${JSON.stringify(reading, (_, v) => (typeof v === "bigint" ? `${v}` : v))}`,
        );
      }
      if (reading.repaired === "copy") expect(await open(flash).read()).toMatchObject({ repaired: "nothing" });
    }
  }
});

test("damage to the newest record in both banks is named: the older one is not believed", async () => {
  const content = await written(3);
  const { cellSize } = layout.state;
  for (let at = 0; at < cellSize; at += 5) {
    const first = 2 * cellSize + at;
    const flash = new MemoryFlash(
      layout.geometry,
      content.with(first, (content[first] ?? 0) ^ 1).with(bankSize + first, (content[bankSize + first] ?? 0) ^ 1),
    );
    const before = flash.snapshot();
    const reading = await open(flash).read();
    expect([
      { kind: "damaged", problem: { code: "state-unreadable", because: "newest-copy-damaged" } },
      // The padding behind the record is not part of it.
      { kind: "present", state: numberedState(3n), repaired: "nothing" },
    ]).toContainEqual(reading);
    expect(flash.snapshot()).toEqual(before);
  }
});

test("banks full of noise are damage, not a blank device", async () => {
  const content = await written(3);
  const flash = new MemoryFlash(layout.geometry, content.fill(0x55, 0, 2 * bankSize));
  expect(await open(flash).read()).toEqual({
    kind: "damaged",
    problem: { code: "state-unreadable", because: "no-valid-copy" },
  });
});

test("a write that failed half-way is finished before the next one begins", async () => {
  const flash = new MemoryFlash(layout.geometry, await written(2));
  let writes = 0;
  const failing = {
    geometry: flash.geometry,
    read: (offset: number, length: number) => flash.read(offset, length),
    erase: (offset: number) => flash.erase(offset),
    write: async (offset: number, bytes: Uint8Array) => {
      if (++writes === 2) throw new Unavailable("storage-failed", { retryable: true });
      await flash.write(offset, bytes);
    },
  };
  const store = new FlashState(failing, layout.state, nodeCrypto);
  await expect(store.write(numberedState(3n))).rejects.toThrow(Unavailable);
  const torn = new PowerCutFlash(flash, { operation: 1, moment: "torn" }, 1);
  await expect(open(torn).write(numberedState(4n))).rejects.toThrow(PowerCut);
  expect(await open(flash).read()).toMatchObject({ kind: "present", state: numberedState(3n) });
});

for (const bank of [0, 1]) {
  test(`bank ${bank} is behind and cannot be written any more: the other one still says what runs`, async () => {
    const flash = new MemoryFlash(layout.geometry, await written(3));
    const worn = (offset: number): boolean =>
      offset >= layout.state.offset + bank * bankSize && offset < layout.state.offset + (bank + 1) * bankSize;
    const refuse = (offset: number): void => {
      if (worn(offset)) throw new Unavailable("storage-failed", { retryable: true });
    };
    const start = layout.state.offset + bank * bankSize;
    for (let at = 0; at < bankSize; at += layout.geometry.eraseBlock) await flash.erase(start + at);
    const before = flash.snapshot();
    const store = new FlashState(
      {
        geometry: flash.geometry,
        read: (offset, length) => flash.read(offset, length),
        write: async (offset, bytes) => {
          refuse(offset);
          await flash.write(offset, bytes);
        },
        erase: async (offset) => {
          refuse(offset);
          await flash.erase(offset);
        },
      },
      layout.state,
      nodeCrypto,
    );
    expect(await store.read()).toEqual({ kind: "present", state: numberedState(3n), repaired: "failed" });
    expect(flash.snapshot()).toEqual(before);
  });
}
