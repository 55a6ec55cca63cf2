import { readEvents } from "@sumac/smp";
import { utcTime } from "@sumac/suit";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { parseUnsigned } from "../option-values.ts";
import { onLine } from "../serial/device-line.ts";
import { factText } from "../serial/fact-text.ts";
import { lineOptions } from "../serial/line-settings.ts";

/** A device that makes entries up without end is left here. */
const mostEntries = 10_000;

export const deviceLog: Command = {
  name: "device log",
  summary: "read the event log of a device behind a serial port",
  operands: [],
  options: [...lineOptions, { name: "after", value: "n", summary: "only entries after this number (default 0)" }],
  notes: [
    "As the device tells it over the line, unsigned. What can be verified is an export: sumac device log export.",
  ],
  onInterrupt: "finish",
  run: async (given, context) => {
    const after = Number(parseUnsigned("after", given.option("after") ?? "0", 0n, BigInt(Number.MAX_SAFE_INTEGER)));
    return onLine(given, context, async (line) => {
      const events = await line.ask((client) => readEvents(client, { after, most: mostEntries }));
      context.terminal.json({ events });
      for (const { number, at, code, facts } of events) {
        const time = at === undefined ? "no trusted time     " : utcTime(BigInt(at));
        const shown = Object.entries(facts).map(([name, value]) => `${name}=${factText(value)}`);
        context.terminal.line([String(number).padStart(6), time, code, ...shown].join(" "));
      }
      if (events.length === 0) context.terminal.line("no entries");
      return exitCode.ok;
    });
  },
};
