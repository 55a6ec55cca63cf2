import { doubtfulRows, editYaml, isoDay } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { parseUnsigned } from "../option-values.ts";
import { gateInput, productOption, readSdlFile, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlCatalogConfirm: Command = {
  name: "sdl catalog confirm",
  summary: "confirm a doubtful level by the licensed text; lock the catalogue",
  operands: [],
  options: [
    productOption,
    { name: "row", value: "id", summary: "the row that was checked; none = list the doubtful ones" },
    { name: "level", value: "n", summary: "the first level at which it counts, as the licensed text has it" },
    { name: "by", value: "person", summary: "who checked it, as in roles.yaml" },
    { name: "lock", summary: "also lock the catalogue that is in use now" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { text, parsed } = await readSdlFile(given, io, "catalog.lock", "catalog-lock");
  const { catalogue, catalogueDigest } = await gateInput(given, io, "regular");
  const confirmed = new Set(parsed.value.confirmed.map(({ row }) => row));
  const row = given.option("row");
  const lock = given.flag("lock") === "given";
  if (row === undefined && !lock) {
    const open = doubtfulRows(catalogue).filter(({ id }) => !confirmed.has(id));
    terminal.json({
      edition: catalogue.edition,
      open: open.map(({ id, slFrom, levelStatus }) => ({ row: id, level: slFrom, status: levelStatus })),
    });
    for (const { id, slFrom, levelStatus, title } of open)
      terminal.line(`${id}: from level ${slFrom} (${levelStatus}) ${title}`);
    terminal.line(open.length === 0 ? "no level is in doubt" : `${open.length} levels are in doubt`);
    return exitCode.ok;
  }
  const locked = lock
    ? [
        { set: ["edition"], to: catalogue.edition },
        { set: ["digest"], to: catalogueDigest },
      ]
    : [];
  const edits = row === undefined ? locked : [...locked, { add: ["confirmed"], item: entry(row) }];
  if (row !== undefined && confirmed.has(row))
    throw usage("bad-value", `${row} is confirmed already`, "nothing is to be done");
  const file = writeSdlFile(given, io, "catalog.lock", "catalog-lock", editYaml(text, edits), "replace");
  terminal.json({ file, ...(row === undefined ? {} : { row }) });
  terminal.line(row === undefined ? `locked in ${file}` : `${row} confirmed in ${file}`);
  return exitCode.ok;

  function entry(id: string): object {
    const known = catalogue.componentRows.get(id);
    if (known === undefined)
      throw usage("bad-value", `--row ${id} is not in the catalogue`, "give an id such as CR 7.8");
    const [level, by] = [given.option("level"), given.option("by")];
    if (level === undefined || by === undefined)
      throw usage(
        "missing-option",
        "--level <n> and --by <person> are missing",
        "say which level the licensed text has, and who read it",
      );
    const read = Number(parseUnsigned("level", level, 1n, 4n));
    if (read !== known.slFrom) {
      throw new Failure({
        code: "sdl/catalog-conflict",
        problem: `${id}: the licensed text has ${read}, the catalogue ${known.slFrom}`,
        remedy: "replace the catalogue by one with the right level; report it",
        exit: exitCode.refused,
      });
    }
    return { row: id, sl_from: read, by, on: isoDay(Date.now()) };
  }
}
