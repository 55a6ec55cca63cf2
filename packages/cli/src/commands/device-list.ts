import { bytesToHex } from "@sumac/crypto";
import { readImageState } from "@sumac/smp";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { onLine } from "../serial/device-line.ts";
import { lineOptions } from "../serial/line-settings.ts";

export const deviceList: Command = {
  name: "device list",
  summary: "show the images of a device behind a serial port",
  operands: [],
  options: lineOptions,
  notes: ["A boot loader lists only what it would boot: an image that it refuses is simply not there."],
  onInterrupt: "finish",
  run: (given, context) =>
    onLine(given, context, async (line) => {
      const images = await line.ask(readImageState);
      context.terminal.json({ images });
      for (const { image, slot, version, hash, flags } of images) {
        const words = flags.length === 0 ? "" : `  ${flags.join(", ")}`;
        const digest = hash === undefined ? "" : `  ${bytesToHex(hash).slice(0, 16)}...`;
        context.terminal.line(`image ${image}  slot ${slot}  ${version}${digest}${words}`);
      }
      if (images.length === 0) context.terminal.line("no image that would boot");
      return exitCode.ok;
    }),
};
