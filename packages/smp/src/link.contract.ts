import { bytesToHex, concatBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { type Link, LinkFault } from "./link.ts";

/** What every link does. `open` makes both ends of a new one. */
export function linkContract(name: string, open: () => Promise<readonly [Link, Link]>): void {
  describe(`a link: ${name}`, () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

    test("every byte arrives as it was written, in both directions", async () => {
      const [near, far] = await open();
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        await from.write(everyByte);
        expect(bytesToHex(await take(to, 256))).toBe(bytesToHex(everyByte));
      }
      await Promise.all([near.close(), far.close()]);
    });

    test("100,000 bytes, in order", async () => {
      const [near, far] = await open();
      const sent = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) >> 3);
      const received = take(far, sent.length);
      for (let at = 0; at < sent.length; at += 1444) await near.write(sent.subarray(at, at + 1444));
      expect(Buffer.from(await received).equals(sent)).toBe(true);
      await Promise.all([near.close(), far.close()]);
    });

    test("closing ends reading, and writing afterwards is a fault", async () => {
      const [near, far] = await open();
      const reading = (async () => {
        for await (const chunk of near.read()) void chunk;
      })();
      await near.close();
      await near.close();
      await reading;
      await expect(near.write(everyByte)).rejects.toThrow(LinkFault);
      await far.close();
    });
  });
}

async function take(link: Link, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = length;
  const reader = link.read()[Symbol.asyncIterator]();
  while (left > 0) {
    const { done, value } = await reader.next();
    if (done === true) break;
    chunks.push(value);
    left -= value.length;
  }
  return concatBytes(...chunks);
}
