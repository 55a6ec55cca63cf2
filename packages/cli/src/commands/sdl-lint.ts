import { type Finding, lintProduct, overstatements, readEvidence } from "@sumac/sdl";
import { readText } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { printFinding } from "../sdl/describe-report.ts";
import { gateInput, productOption } from "../sdl/product-folder.ts";

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
      summary: "show findings of this file only, such as .sdl/soa.yaml",
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
  const input = await gateInput(given, io, "regular");
  const all: Finding[] = [
    ...lintProduct(input.model, input),
    ...readEvidence(input.model.evidence, input.crypto).findings,
  ];
  for (const file of given.all("text")) {
    for (const { line, column, about, phrase } of overstatements(await readText(io, file, "a text", 4 * 1024 * 1024))) {
      all.push({ rule: "sdl/claim-wording", file, line, column, about: `"${phrase}": ${about}` });
    }
  }
  const wanted = given.all("file");
  const findings = all.filter(
    ({ file }) => wanted.length === 0 || wanted.includes(file) || given.all("text").includes(file),
  );
  terminal.json({ findings });
  for (const finding of findings) printFinding(terminal, finding);
  terminal.line(
    findings.length === 0 ? "nothing found" : `${findings.length} findings`,
    findings.length === 0 ? "green" : "red",
  );
  return findings.length === 0 ? exitCode.ok : exitCode.refused;
}
