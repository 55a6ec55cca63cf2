import { type DriftEvent, driftCalendar, driftOf, spanMs } from "@sumac/sdl";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { atOption, gateInput, productOption } from "../sdl/product-folder.ts";

export const sdlDrift: Command = {
  name: "sdl drift",
  summary: "judge releases again and say what is stale, and what will be",
  operands: [],
  options: [
    productOption,
    atOption,
    { name: "within", value: "span", summary: "how far to look ahead, such as 90d (default)" },
    { name: "calendar", value: "file", summary: "write the days as an iCalendar file" },
    { name: "replace", summary: "overwrite that file" },
  ],
  notes: ["Exit code 0: nothing is red now. 3: something is."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const within = given.option("within") ?? "90d";
  if (!/^[1-9]\d{0,3}d$/.test(within))
    throw usage("bad-value", `--within ${within} is not a number of days`, "give days such as 90d");
  const input = await gateInput(given, io, "regular");
  const events = driftOf(input, spanMs(within));
  const calendar = given.option("calendar");
  if (calendar !== undefined) {
    const text = driftCalendar(events, input.model.single.product?.value.id ?? "product", input.now);
    writeFileAtomically(io, {
      name: calendar,
      bytes: new TextEncoder().encode(text),
      ifExists: given.flag("replace") === "given" ? "replace" : "refuse",
    });
  }
  terminal.json({ within, events });
  for (const event of events) terminal.line(lineOf(event), event.when === "now" ? "red" : "yellow");
  terminal.line(events.length === 0 ? `nothing runs out within ${within}` : `${events.length} things within ${within}`);
  return events.some(({ when }) => when === "now") ? exitCode.refused : exitCode.ok;
}

const lineOf = ({ release, on, row, rule, about, file }: DriftEvent): string =>
  `${on}  ${release}  ${(row ?? "").padEnd(7)} ${rule}: ${about} (${file})`;
