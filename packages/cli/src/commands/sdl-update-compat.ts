import { editYaml, isoDay, type YamlEdit } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { productOption, readSdlFile, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlUpdateCompat: Command = {
  name: "sdl update compat",
  summary: "state what the update of a dependent component means",
  operands: [{ name: "id", summary: "name of the update" }],
  options: [
    productOption,
    {
      name: "upstream",
      value: "id",
      summary: "name of the upstream update; none = only note that all were looked through today",
    },
    { name: "vendor", value: "name", summary: "who made it" },
    { name: "component", value: "name", summary: "what it updates" },
    { name: "version", value: "version", summary: "its version" },
    { name: "status", value: "word", summary: "compatible, not-compatible, pending, not-affected, shipped-inside" },
    { name: "tested-with", value: "version", use: "repeatable", summary: "product version it was tried with" },
    { name: "reason", value: "text", summary: "why" },
    { name: "mitigation", value: "text", summary: "what helps meanwhile" },
  ],
  run,
};

const statuses = ["compatible", "not-compatible", "pending", "not-affected", "shipped-inside"] as const;

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = `updates/${given.operand("id")}/compat.yaml`;
  const { text, parsed } = await readSdlFile(given, io, name, "compat");
  const today = isoDay(Date.now());
  const edits: YamlEdit[] = [{ set: ["checked"], to: today }];
  const upstream = given.option("upstream");
  if (upstream !== undefined) {
    const needed = (option: string): string => {
      const value = given.option(option);
      if (value === undefined)
        throw usage("missing-option", `--${option} is missing`, "name vendor, component, version, status and reason");
      return value;
    };
    const mitigation = given.option("mitigation");
    const item = {
      id: upstream,
      vendor: needed("vendor"),
      component: needed("component"),
      version: needed("version"),
      status: parseChoice("status", needed("status"), statuses),
      tested_with: given.all("tested-with"),
      date: today,
      reason: needed("reason"),
      ...(mitigation === undefined ? {} : { mitigation }),
    };
    const index = parsed.value.updates.findIndex(({ id }) => id === upstream);
    edits.push(index < 0 ? { add: ["updates"], item } : { set: ["updates", index], to: item });
  }
  const file = writeSdlFile(given, io, name, "compat", editYaml(text, edits), "replace");
  terminal.json({ file, checked: today, ...(upstream === undefined ? {} : { upstream }) });
  terminal.line(upstream === undefined ? `looked through on ${today}` : `${upstream} stated in ${file}`);
  return exitCode.ok;
}
