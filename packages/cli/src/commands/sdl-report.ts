import path from "node:path";
import {
  attestationReport,
  bomVersions,
  craReport,
  inTotoReport,
  nercReport,
  oscalReport,
  type ReleasePicture,
  type ReportFile,
  releasePicture,
} from "@sumac/sdl";
import { makeFolder, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { parseChoice } from "../option-values.ts";
import { atOption, findingFailure, gateInput, productOption, releaseOption } from "../sdl/product-folder.ts";
import { version } from "../version.ts";

const kinds = ["attestation", "cra", "in-toto", "nerc", "oscal"] as const;

export const sdlReport: Command = {
  name: "sdl report",
  summary: "write the state of a release in the form of a rule or format",
  operands: [{ name: "kind", summary: kinds.join(", ") }],
  options: [
    productOption,
    releaseOption,
    atOption,
    { name: "out", value: "folder", use: "required", summary: "write the files there" },
    { name: "replace", summary: "overwrite files of the same names" },
    {
      name: "spec",
      value: "version",
      summary: `of CycloneDX, for attestation: ${bomVersions.join(" or ")} (default: 1.6)`,
    },
  ],
  notes: [
    "attestation: CycloneDX declarations of the judged rows.",
    "cra: index of the technical file, Annex I as a sheet, drafts for article 14. nerc: sheets for CIP-010 and CIP-013.",
    "in-toto: unsigned statements about the images: a test-result for each run, and the gate as SVR and VSA.",
    "oscal: a component definition that was not held against the schema of OSCAL.",
    "They say what the gate says, also when it is red. A person completes and sends them.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const kind = parseChoice("kind", given.operand("kind"), kinds);
  const specVersion = parseChoice("spec", given.option("spec") ?? "1.6", bomVersions);
  const picture = releasePicture(await gateInput(given, io, "regular"));
  if (!picture.ok) throw findingFailure(picture.error);
  const files = reportOf(picture.value);
  const folder = given.required("out");
  makeFolder(io, folder);
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  const names = files.map(({ name }) => path.join(folder, name));
  writeFilesAtomically(
    io,
    files.map(({ text }, at) => ({ name: names[at] ?? "", bytes: new TextEncoder().encode(text), ifExists })),
  );
  const { verdict } = picture.value.report;
  terminal.json({ verdict, files: names });
  for (const name of names) terminal.line(`wrote ${name}`);
  if (verdict !== "pass") terminal.line(`the gate says ${verdict}, and so do they`, "yellow");
  return exitCode.ok;

  function reportOf(of: ReleasePicture): readonly ReportFile[] {
    if (kind === "cra") return craReport(of);
    if (kind === "in-toto") return inTotoReport(of, { name: "sumac", version });
    if (kind === "nerc") return nercReport(of);
    if (kind === "oscal") return oscalReport(of);
    const bom = attestationReport(of, { specVersion, tool: { name: "sumac", version } });
    return [{ name: "attestation.cdx.json", text: `${JSON.stringify(bom, null, 2)}\n` }];
  }
}
