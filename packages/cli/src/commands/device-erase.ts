import { actOn, eraseSlot, readIdentity } from "@sumac/smp";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { parseUnsigned } from "../option-values.ts";
import { onLine } from "../serial/device-line.ts";
import { smpFailure } from "../serial/line-failure.ts";
import { lineOptions } from "../serial/line-settings.ts";
import { isOtherKind } from "../serial/other-kind.ts";

/** Two for each of as many images as a dependency can name. */
const highestSlot = 511n;

export const deviceErase: Command = {
  name: "device erase",
  summary: "make a device behind a serial port forget what it does not run",
  operands: [],
  options: [
    ...lineOptions,
    { name: "slot", value: "n", summary: "not a Sumac device: this slot (default: its choice)" },
  ],
  notes: [
    "A Sumac device forgets what is staged, armed or half received. An image on trial is taken back by a restart.",
  ],
  onInterrupt: "finish",
  run: async (given, context) => {
    const wanted = given.option("slot");
    const slot = wanted === undefined ? {} : { slot: Number(parseUnsigned("slot", wanted, 0n, highestSlot)) };
    return onLine(given, context, async (line) => {
      const identity = await readIdentity(line.client);
      if (!identity.ok && !isOtherKind(identity.error)) throw smpFailure(identity.error, line.settings);
      await line.ask((client) => (identity.ok ? actOn(client, "cancel") : eraseSlot(client, slot)));
      context.terminal.json({ erased: true });
      context.terminal.line(identity.ok ? "erased: nothing but what runs is left" : "erased");
      return exitCode.ok;
    });
  },
};
