import { compareZones, judgeGate, parseYamlFile, shapes, type Zones } from "@sumac/sdl";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable } from "../failure.ts";
import { vectorText } from "../sdl/describe-report.ts";
import { atOption, findingFailure, gateInput, productOption, releaseOption } from "../sdl/product-folder.ts";

export const sdlZones: Command = {
  name: "sdl zones",
  summary: "compare the SL-T of zones with the SL-C of the product in them",
  operands: [],
  options: [
    productOption,
    releaseOption,
    atOption,
    { name: "zones", value: "file", summary: "zones and conduits of the plant (default: .sdl/zones.yaml)" },
  ],
  notes: ["Exit code 0: no gap. 3: a zone needs more than it gets."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const input = await gateInput(given, io, "regular");
  const file = given.option("zones");
  const zones = file === undefined ? input.model.single.zones?.value : await readZones(file);
  if (zones === undefined) throw unavailable("file-not-found", "there is no zones.yaml", "name a file with --zones");
  const verdicts = compareZones(zones, input.model, judgeGate(input), input.catalogue);
  terminal.json({ zones: verdicts });
  for (const { zone, slT, slC, gaps, devices, closedPorts } of verdicts) {
    terminal.line(`${zone}: SL-T ${vectorText(slT)}`);
    if (devices.length === 0) {
      terminal.line("  none of this product stands here");
      continue;
    }
    terminal.line(`  SL-C here: ${vectorText(slC)}`);
    for (const { fr, slT: wanted, slC: given_, rows, measures } of gaps) {
      terminal.line(
        `  gap ${fr}: ${given_} of ${wanted}, held down by ${rows.join(", ")}${measures.length === 0 ? "" : `; would help: ${measures.join(", ")}`}`,
        "red",
      );
    }
    for (const { id, version, updates } of devices) {
      terminal.line(`  ${id} runs ${version}${updates.length === 0 ? ", the newest" : ""}`);
      for (const update of updates)
        terminal.line(`    ${update.release}${update.fixes.length === 0 ? "" : ` fixes ${update.fixes.join(", ")}`}`);
    }
    if (closedPorts.length > 0) terminal.line(`  no conduit carries ${closedPorts.join(", ")}`, "yellow");
  }
  return verdicts.some(({ gaps }) => gaps.length > 0) ? exitCode.refused : exitCode.ok;

  async function readZones(name: string): Promise<Zones> {
    const parsed = parseYamlFile(name, await readWhole(io, name, "a file of zones", 512 * 1024), shapes.zones);
    if (!parsed.ok) throw findingFailure(parsed.error[0]);
    return parsed.value.value;
  }
}
