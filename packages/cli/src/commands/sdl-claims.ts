import { claimSentence, foundational, judgeGate } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { vectorText } from "../sdl/describe-report.ts";
import { atOption, gateInput, productOption, releaseOption } from "../sdl/product-folder.ts";

export const sdlClaims: Command = {
  name: "sdl claims",
  summary: "print what may be claimed: SL-C, its limiting rows, and the only wording",
  operands: [],
  options: [productOption, releaseOption, atOption],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const input = await gateInput(given, io, "regular");
  const report = judgeGate(input);
  const { component, integrated, limiting, target, unconfirmed } = report.slC;
  const releases = [...input.model.many.release.values()].map(({ value }) => value);
  const guides = releases.find(({ id }) => id === report.release)?.guides ?? [];
  const guide = guides.find(({ id }) => id === "hardening") ?? guides[0];
  const sentences =
    guide === undefined || report.verdict === "fail"
      ? []
      : foundational.map((fr) => claimSentence(fr, component[fr], `sha256:${guide.sha256}`));
  terminal.json({ verdict: report.verdict, component, integrated, target, limiting, unconfirmed, sentences });
  terminal.line("limiting rows, lowest level first:");
  for (const { row, fr, slFrom, title } of limiting) terminal.line(`  ${fr} below ${slFrom}: ${row} ${title}`);
  terminal.line(`by the component alone: ${vectorText(component)}`);
  terminal.line(`with the measures of the guide: ${vectorText(integrated)}`);
  if (sentences.length === 0)
    terminal.line(
      report.verdict === "fail"
        ? "nothing may be claimed: the gate is red"
        : "nothing may be claimed: the release has no guide",
      "red",
    );
  for (const sentence of sentences) terminal.line(sentence);
  return report.verdict === "fail" ? exitCode.refused : exitCode.ok;
}
