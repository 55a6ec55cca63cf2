import { lineRoleName } from "@sumac/tuf";
import { splitLine } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseUnsigned } from "../option-values.ts";
import { baseOf, beginCeremony } from "../repo/ceremony.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoLineSplit: Command = {
  name: "repo line split",
  summary: "give each model of a year a role of its own, before the line's list is full",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "line", summary: "name of the line" },
  ],
  options: [
    { name: "model", value: "name", use: "repeatable", summary: "model that releases from now on" },
    { name: "year", value: "n", summary: "default: this year" },
  ],
  notes: ["What is released stays at its path. New releases go to LINE/MODEL-YEAR/VERSION.suit."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const line = given.operand("line");
  const models = given.all("model");
  if (models.length === 0) throw usage("missing-option", "no --model to split for", "give --model once for each model");
  const year = Number(parseUnsigned("year", given.option("year") ?? String(new Date().getUTCFullYear()), 2000n, 9999n));
  const base = await baseOf(repository, "targets", repository.targets()?.wire);
  if (base === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
  const role = repository.targets(lineRoleName(line));
  const listed = Object.keys(role?.wire.targets ?? {}).map((path) => path.split("/")[1] ?? "");
  const draft = orTell(splitLine(base, { line, listed, models, year }, repository.context()));
  tellPrepared([await beginCeremony(repository, "targets", draft)], terminal);
  return exitCode.ok;
}
