import { isoDay, newUpdate, schemasFrom, yamlText } from "@sumac/sdl";
import { makeFolder, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable, usage } from "../failure.ts";
import { gateInput, productOption, releaseOption, sdlPath } from "../sdl/product-folder.ts";

export const sdlUpdateNew: Command = {
  name: "sdl update new",
  summary: "begin an update: document, qualification, delivery",
  operands: [{ name: "id", summary: "name of the update: folder updates/ID" }],
  options: [
    productOption,
    releaseOption,
    { name: "person", value: "id", use: "required", summary: "who is responsible for now" },
    { name: "fixes", value: "issue", use: "repeatable", summary: "issue it fixes" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(id))
    throw usage("bad-value", `${id} is not a name`, "give letters, digits, dots and dashes");
  const { model, now } = await gateInput(given, io, "regular");
  const product = model.single.product?.value;
  if (product === undefined) throw unavailable("file-not-found", "product.yaml cannot be read", "see sumac sdl lint");
  const wanted = given.option("release");
  const release =
    wanted === undefined
      ? [...model.many.release.values()].find(({ value }) => value.state === "candidate")
      : model.many.release.get(wanted);
  const { doc, qualification, compat, delivery } = newUpdate(
    id,
    product,
    release?.value,
    given.all("fixes"),
    isoDay(now),
    given.required("person"),
  );
  makeFolder(io, sdlPath(given, `updates/${id}`));
  const schemas = schemasFrom(`updates/${id}/x`);
  const texts = {
    "update-doc.yaml": yamlText("update-doc", doc, schemas),
    "qualification.yaml": yamlText("qualification", qualification, schemas),
    "compat.yaml": yamlText("compat", compat, schemas),
    "delivery.yaml": yamlText("delivery", delivery, schemas),
  };
  const files = Object.entries(texts).map(([name, text]) => ({
    name: sdlPath(given, `updates/${id}/${name}`),
    bytes: new TextEncoder().encode(text),
    ifExists: "refuse" as const,
  }));
  writeFilesAtomically(io, files);
  terminal.json({ files: files.map(({ name }) => name) });
  for (const { name } of files) terminal.line(`made ${name}`);
  terminal.line("next: sumac sdl update qualify for each way to it, then write the document");
  return exitCode.ok;
}
