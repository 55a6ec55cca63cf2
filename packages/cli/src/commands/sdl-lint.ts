import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { type Finding, lintProduct, overstatements, readEvidence, sdlFolder } from "@sumac/sdl";
import { readLintInput } from "@sumac/sdl/node";
import { readText } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type Failure, unavailable } from "../failure.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import { printFinding } from "../sdl/describe-report.ts";
import { noProduct, productFolder, productOption } from "../sdl/product-folder.ts";

export const sdlLint: Command = {
  name: "sdl lint",
  summary: "check the files of .sdl: form, references, rules, and what texts claim",
  operands: [],
  options: [
    productOption,
    {
      name: "file",
      value: "path",
      use: "repeatable",
      summary: "check this file only, such as .sdl/soa.yaml; reads no more than that needs",
    },
    {
      name: "text",
      value: "file",
      use: "repeatable",
      summary: "also check the claims in this text, such as README.md",
    },
  ],
  notes: ["Exit code 0: nothing found. 3: something found."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const named = given.all("file").map((name) => fileOfProduct(name, given, io));
  const folder = path.resolve(io.workingFolder, productFolder(given));
  const input = await readLintInput(
    folder,
    named.map((name) => name.slice(sdlFolder.length + 1)),
  );
  if (input === undefined) throw noProduct(productFolder(given));
  const all: Finding[] = [
    ...lintProduct(input.model, { ...input, crypto: nodeCrypto }),
    ...readEvidence(input.model.evidence, nodeCrypto).findings,
  ];
  for (const file of given.all("text")) {
    for (const { line, column, about, phrase } of overstatements(await readText(io, file, "a text", 4 * 1024 * 1024))) {
      all.push({ rule: "sdl/claim-wording", file, line, column, about: `"${phrase}": ${about}` });
    }
  }
  const findings = all.filter(
    ({ file }) => named.length === 0 || named.includes(file) || given.all("text").includes(file),
  );
  // A file that should be there is a finding; one that nobody expects was typed wrongly.
  const absent = named.find(
    (name) =>
      fileState(io, path.join(productFolder(given), name)) === "absent" && !findings.some(({ file }) => file === name),
  );
  if (absent !== undefined) throw notBelow(absent);
  terminal.json({ findings });
  for (const finding of findings) printFinding(terminal, finding);
  terminal.line(
    findings.length === 0 ? "nothing found" : `${findings.length} findings`,
    findings.length === 0 ? "green" : "red",
  );
  return findings.length === 0 ? exitCode.ok : exitCode.refused;
}

/** `.sdl/soa.yaml`, whether it was typed from the product's folder or from where the command runs. */
function fileOfProduct(name: string, given: Arguments, io: Io): string {
  const root = path.resolve(io.workingFolder, productFolder(given));
  const inside = [path.resolve(root, name), path.resolve(io.workingFolder, name)]
    .map((file) => path.relative(root, file).split(path.sep).join("/"))
    .find((file) => file.startsWith(`${sdlFolder}/`));
  if (inside === undefined) throw notBelow(name);
  return inside;
}

const notBelow = (name: string): Failure =>
  unavailable("file-not-found", `there is no ${name} below .sdl`, "name a file such as .sdl/soa.yaml");
