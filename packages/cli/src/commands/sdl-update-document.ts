import { judgeGate, lintProduct } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { printFinding } from "../sdl/describe-report.ts";
import { gateInput, productOption, readSdlFile } from "../sdl/product-folder.ts";

export const sdlUpdateDocument: Command = {
  name: "sdl update document",
  summary: "show the document of an update as a plant reads it, and what it still lacks",
  operands: [{ name: "id", summary: "name of the update" }],
  options: [productOption],
  notes: ["Exit code 0: complete. 3: something is lacking."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  const { parsed } = await readSdlFile(given, io, `updates/${id}/update-doc.yaml`, "update-doc");
  const doc = parsed.value;
  const input = await gateInput(given, io, "regular");
  const release = [...input.model.many.release.values()].find(({ value }) => value.update === id);
  if (release === undefined)
    throw usage("release-not-found", `no release names the update ${id}`, "add it below releases; see sumac sdl lint");
  const file = `.sdl/updates/${id}/update-doc.yaml`;
  const judged = judgeGate({ ...input, release: release.value.id }).findings.filter(({ rule }) =>
    rule.startsWith("G7-update"),
  );
  const findings = [...lintProduct(input.model, input).filter((finding) => finding.file === file), ...judged];
  terminal.json({ document: doc, findings });
  terminal.line(doc.title);
  terminal.line(`for ${[...new Set(doc.applies_to.map(({ version, hw }) => `${version} on ${hw}`))].join(", ")}`);
  terminal.line(`fixes ${doc.fixes.length === 0 ? "nothing that is listed" : doc.fixes.join(", ")}`);
  terminal.line(`delivered ${doc.delivered}`);
  const sections = { before: doc.prerequisites, "by hand": doc.manual_steps, "by itself": doc.automatic_steps };
  for (const [title, steps] of Object.entries(sections)) {
    terminal.line(`${title}:`);
    for (const step of steps) terminal.line(`  - ${step}`);
  }
  terminal.line(
    `restart: ${doc.effects.restart}; outputs: ${doc.effects.outputs}; takes ${doc.effects.duration}; configuration lost: ${doc.effects.configuration_loss}`,
  );
  terminal.line(`check with ${doc.verify_installed.command}: ${doc.verify_installed.expected}`);
  terminal.line(`if not installed: ${doc.not_installing.risk}; meanwhile: ${doc.not_installing.workaround}`);
  terminal.line(`taking it back: ${doc.removal}`);
  for (const finding of findings) printFinding(terminal, finding);
  return findings.length === 0 ? exitCode.ok : exitCode.refused;
}
