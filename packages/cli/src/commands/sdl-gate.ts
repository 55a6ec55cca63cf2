import { judgeGate, sealGateReport } from "@sumac/sdl";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { printReport } from "../sdl/describe-report.ts";
import { atOption, gateInput, productOption, releaseOption } from "../sdl/product-folder.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { version } from "../version.ts";

export const sdlGate: Command = {
  name: "sdl gate",
  summary: "judge whether a release may be signed",
  operands: [],
  options: [
    productOption,
    releaseOption,
    atOption,
    { name: "emergency", summary: "postpone what is lacking, if two people approved that" },
    { name: "out", value: "file", summary: "write the signed gate report (DSSE) there; needs a key" },
    { name: "replace", summary: "overwrite that file" },
    ...signingOptions,
  ],
  notes: [
    "Exit code 0: pass or waived, the verdict says which. 3: fail.",
    "With --at nothing is signed: it only answers what if.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const out = given.option("out");
  if (out !== undefined && given.option("at") !== undefined)
    throw usage("option-conflict", "--at and --out do not go together", "sign what is judged for now");
  const report = judgeGate(await gateInput(given, io, given.flag("emergency") === "given" ? "emergency" : "regular"));
  if (out !== undefined) {
    const signers = await openSigners(given, context);
    if (signers.length === 0)
      throw usage("missing-option", "there is no key to sign the report with", "name one with --key");
    const bytes = await sealGateReport(report, { name: "sumac", version }, signers);
    writeFileAtomically(io, { name: out, bytes, ifExists: given.flag("replace") === "given" ? "replace" : "refuse" });
  }
  terminal.json(report);
  printReport(terminal, report);
  if (out !== undefined) terminal.line(`wrote ${out}`);
  return report.verdict === "fail" ? exitCode.refused : exitCode.ok;
}
