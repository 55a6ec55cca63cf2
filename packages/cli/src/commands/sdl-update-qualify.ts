import { editYaml, judgeGate, qualificationMatrix } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { gateInput, productOption, readSdlFile, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlUpdateQualify: Command = {
  name: "sdl update qualify",
  summary: "record one way to the update as tried, and show what of the matrix is empty",
  operands: [{ name: "id", summary: "name of the update" }],
  options: [
    productOption,
    { name: "from", value: "version", summary: "installed version it was tried from; none = only show" },
    { name: "hw", value: "revision", summary: "hardware revision" },
    { name: "configuration", value: "name", summary: "configuration" },
    { name: "result", value: "word", summary: "passed or failed" },
    { name: "run", value: "id", summary: "id of the run on the bench" },
  ],
  notes: ["Exit code 0: every way is tried and passed. 3: one is empty or failed."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  const name = `updates/${id}/qualification.yaml`;
  const { text, parsed } = await readSdlFile(given, io, name, "qualification");
  const from = given.option("from");
  if (from !== undefined) {
    const needed = (option: string): string => {
      const value = given.option(option);
      if (value === undefined)
        throw usage(
          "missing-option",
          `--${option} is missing`,
          "name version, hardware, configuration, result and run",
        );
      return value;
    };
    const cell = {
      from,
      hw: needed("hw"),
      configuration: needed("configuration"),
      result: parseChoice("result", needed("result"), ["passed", "failed"]),
      run: needed("run"),
    };
    const index = parsed.value.cells.findIndex(
      (other) => other.from === from && other.hw === cell.hw && other.configuration === cell.configuration,
    );
    // A later run of the same way replaces the earlier one.
    const edit = index < 0 ? { add: ["cells"], item: cell } : { set: ["cells", index], to: cell };
    writeSdlFile(given, io, name, "qualification", editYaml(text, [edit]), "replace");
  }
  const input = await gateInput(given, io, "regular");
  const { product } = input.model.single;
  const chosen = [...input.model.many.release.values()].find(({ value }) => value.update === id);
  if (product === undefined || chosen === undefined)
    throw usage("release-not-found", `no release names the update ${id}`, "add it below releases; see sumac sdl lint");
  const matrix = qualificationMatrix({ product, chosen, model: input.model });
  const findings = judgeGate({ ...input, release: chosen.value.id }).findings.filter(({ row }) => row === "SUM-1");
  terminal.json({ update: id, matrix, findings });
  for (const { from: version, hw, configuration, result } of matrix)
    terminal.line(`${version} on ${hw}, ${configuration}: ${result}`, result === "passed" ? "green" : "red");
  for (const { rule, about } of findings.filter(({ rule }) => !rule.startsWith("G7-matrix")))
    terminal.line(`${rule}: ${about}`, "yellow");
  return matrix.every(({ result }) => result === "passed") ? exitCode.ok : exitCode.refused;
}
