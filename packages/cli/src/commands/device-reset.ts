import { resetDevice } from "@sumac/smp";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { onLine } from "../serial/device-line.ts";
import { lineOptions } from "../serial/line-settings.ts";

export const deviceReset: Command = {
  name: "device reset",
  summary: "restart a device behind a serial port",
  operands: [],
  options: lineOptions,
  notes: ["Arms nothing; an image on trial goes back. Waits until the device answers again."],
  onInterrupt: "finish",
  run: (given, context) =>
    onLine(given, context, async (line) => {
      await line.restart((client) => resetDevice(client));
      context.terminal.json({ reset: true });
      context.terminal.line("restarted, and it answers");
      return exitCode.ok;
    }),
};
