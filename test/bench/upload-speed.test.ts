import type { LineFaults } from "@sumac/smp";
import { describe, expect, test } from "vitest";
import { computedSpeed, mustBeWhole, sendOverTerminal, simulatedUpload, terminalPeer } from "./upload-speed.ts";

const bytes = 200_000;

describe("of what the line allows", () => {
  test.each([256, 1024, 2048, 4096])(
    "115,200 baud, one request at a time, buffer of %i: 97 percent",
    async (buffer) => {
      const line = { buffer, window: 1, baud: 115_200 };
      const { bytesPerSecond, progress } = await simulatedUpload({ ...line, bytes, turnaround: 0, seed: 1 });
      expect(progress).toMatchObject({ goBacks: 0, restarts: 0 });
      expect(bytesPerSecond / computedSpeed(line, "one-at-a-time")).toBeGreaterThan(0.97);
      expect(bytesPerSecond / computedSpeed(line, "one-at-a-time")).toBeLessThan(1.01);
    },
  );

  test.each([2, 4, 8])("921,600 baud, 4 ms turnaround, %i under way: 85 percent", async (window) => {
    const line = { buffer: 1024, window, baud: 921_600 };
    const { bytesPerSecond } = await simulatedUpload({ ...line, bytes, turnaround: 4, seed: 1 });
    expect(bytesPerSecond / computedSpeed(line, "pipelined")).toBeGreaterThan(window < 3 ? 0.7 : 0.85);
  });

  test.each([1, 4])("a frame lost in a hundred, %i under way: 80 percent of a clean line", async (window) => {
    const seconds = async (faults: LineFaults): Promise<number> => {
      let total = 0;
      for (let seed = 1; seed <= 10; seed++) {
        const line = { buffer: 1024, window, baud: 115_200, turnaround: 0, faults, seed };
        total += (await simulatedUpload({ ...line, bytes })).seconds;
      }
      return total;
    };
    expect((await seconds({})) / (await seconds({ swallowed: 0.01 }))).toBeGreaterThan(0.8);
  });
});

// A port that is full while answers arrive: both directions have to go on.
test.skipIf(process.platform === "win32")("a window larger than the terminal's own buffer", async () => {
  const peer = terminalPeer({ buffer: 65_535, window: 8 });
  const { progress } = await sendOverTerminal(peer.path, 1 << 20);
  expect(progress).toMatchObject({ done: 1 << 20, goBacks: 0 });
  mustBeWhole(await peer.stop(), 1 << 20);
});
