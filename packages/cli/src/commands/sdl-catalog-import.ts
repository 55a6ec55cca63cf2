import path from "node:path";
import { editYaml } from "@sumac/sdl";
import { ownCatalogue, parseCatalogue } from "@sumac/sdl/node";
import { makeFolder, writeFilesAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { malformedInput } from "../failure.ts";
import { productOption, readSdlFile, sdlPath } from "../sdl/product-folder.ts";

export const sdlCatalogImport: Command = {
  name: "sdl catalog import",
  summary: "use another edition of the catalogue for a product",
  operands: [{ name: "file", summary: "catalogue as JSON, in the form of the one that comes with sumac" }],
  options: [productOption],
  notes: ["Locks it and forgets which levels were confirmed. Records of the earlier edition count no longer."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("file");
  const bytes = await readWhole(io, name, "a catalogue", 8 * 1024 * 1024);
  const parsed = parseCatalogue(bytes);
  if (!parsed.ok)
    throw malformedInput(
      "sdl/catalog-form",
      `${name} is no catalogue: ${parsed.error.flaw}`,
      "give one in the form of the one that comes with sumac",
    );
  const { catalogue, digest } = parsed.value;
  const { text } = await readSdlFile(given, io, "catalog.lock", "catalog-lock");
  const lock = editYaml(text, [
    { set: ["edition"], to: catalogue.edition },
    { set: ["digest"], to: digest },
    { set: ["confirmed"], to: [] },
  ]);
  const file = sdlPath(given, ownCatalogue);
  makeFolder(io, path.dirname(file));
  writeFilesAtomically(io, [
    { name: file, bytes, ifExists: "replace" },
    { name: sdlPath(given, "catalog.lock"), bytes: new TextEncoder().encode(lock), ifExists: "replace" },
  ]);
  terminal.json({
    file,
    edition: catalogue.edition,
    digest,
    rows: catalogue.processRows.size + catalogue.componentRows.size,
  });
  terminal.line(
    `${catalogue.edition} is in use: ${catalogue.processRows.size} and ${catalogue.componentRows.size} rows`,
  );
  terminal.line("next: name the edition in soa.yaml, decide new rows, and sign records again");
  return exitCode.ok;
}
