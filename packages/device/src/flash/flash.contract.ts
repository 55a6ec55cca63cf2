import { describe, expect, test } from "vitest";
import { erasedByte, type Flash, type FlashGeometry } from "./flash.ts";

const geometry: FlashGeometry = { eraseBlock: 64, writeSize: 8, size: 256 };
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** What every `Flash` promises. `open` gives a new, erased flash; `reopen` finds the same content again. */
export function flashContract(
  name: string,
  open: (geometry: FlashGeometry) => { flash: Flash; reopen: () => Flash },
): void {
  describe(`flash contract: ${name}`, () => {
    test("starts erased", async () => {
      const { flash } = open(geometry);
      expect(flash.geometry).toEqual(geometry);
      expect(await flash.read(0, geometry.size)).toEqual(filled(geometry.size, erasedByte));
    });

    test("keeps what is written and touches nothing beside it", async () => {
      const { flash } = open(geometry);
      await flash.write(16, filled(8, 0x5a));
      expect(await flash.read(8, 24)).toEqual(
        Uint8Array.of(...filled(8, erasedByte), ...filled(8, 0x5a), ...filled(8, erasedByte)),
      );
    });

    test("clears bits only: a second write gives the AND of both", async () => {
      const { flash } = open(geometry);
      await flash.write(0, filled(8, 0b1111_0000));
      await flash.write(0, filled(8, 0b1010_1010));
      expect(await flash.read(0, 8)).toEqual(filled(8, 0b1010_0000));
    });

    test("erases exactly one block", async () => {
      const { flash } = open(geometry);
      await flash.write(0, filled(192, 0));
      await flash.erase(64);
      expect(await flash.read(0, 64)).toEqual(filled(64, 0));
      expect(await flash.read(64, 64)).toEqual(filled(64, erasedByte));
      expect(await flash.read(128, 64)).toEqual(filled(64, 0));
    });

    test("gives copies", async () => {
      const { flash } = open(geometry);
      const before = await flash.read(0, 8);
      await flash.write(0, filled(8, 0));
      expect(before).toEqual(filled(8, erasedByte));
      (await flash.read(0, 8)).fill(0x77);
      expect(await flash.read(0, 8)).toEqual(filled(8, 0));
    });

    const bugs: readonly [string, (flash: Flash) => Promise<unknown>][] = [
      ["a write that starts between two units", (flash) => flash.write(4, filled(8, 0))],
      ["a write that ends between two units", (flash) => flash.write(0, filled(7, 0))],
      ["a write over the end", (flash) => flash.write(248, filled(16, 0))],
      ["an erase inside a block", (flash) => flash.erase(8)],
      ["an erase behind the end", (flash) => flash.erase(256)],
      ["a read over the end", (flash) => flash.read(250, 7)],
      ["a negative offset", (flash) => flash.write(-8, filled(8, 0))],
      ["an offset that is no number", (flash) => flash.read(Number.NaN, 8)],
    ];
    for (const [what, call] of bugs) {
      test(`throws RangeError on ${what} and changes nothing`, async () => {
        const { flash } = open(geometry);
        await expect(call(flash)).rejects.toThrow(RangeError);
        expect(await flash.read(0, geometry.size)).toEqual(filled(geometry.size, erasedByte));
      });
    }

    for (const wrong of [
      { eraseBlock: 64, writeSize: 7, size: 256 },
      { eraseBlock: 64, writeSize: 8, size: 200 },
      { eraseBlock: 0, writeSize: 8, size: 256 },
    ]) {
      test(`is not made with block ${wrong.eraseBlock}, write ${wrong.writeSize}, size ${wrong.size}`, () => {
        expect(() => open(wrong)).toThrow(RangeError);
      });
    }

    test("keeps its content when it is opened again", async () => {
      const { flash, reopen } = open(geometry);
      await flash.write(0, filled(64, 0));
      await flash.erase(0);
      await flash.write(8, filled(8, 0x3c));
      const content = await flash.read(0, geometry.size);
      expect(await reopen().read(0, geometry.size)).toEqual(content);
    });
  });
}
