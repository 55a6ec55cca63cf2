import { lineRoleName } from "@sumac/tuf";
import { delegationsOf, removeLine, type WireTargets } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { baseOf, beginCeremony } from "../repo/ceremony.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoLineRemove: Command = {
  name: "repo line remove",
  summary: "take a product line, with all its parts, out of the repository",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "line", summary: "name of the line" },
  ],
  options: [],
  notes: ["Devices of the line get no release any more. Its files stay where they are."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const line = given.operand("line");
  const base = await baseOf(repository, "targets", repository.targets()?.wire);
  if (base === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
  const parts = delegationsOf(base).roles.filter(({ paths }) => paths.every((path) => path.startsWith(`${line}/`)));
  const roles = parts.length === 0 ? [lineRoleName(line)] : parts.map(({ name }) => name);
  const { version } = base;
  // One version for all of them.
  let draft: WireTargets = base;
  for (const role of roles) draft = orTell(removeLine({ ...draft, version }, role, repository.context()));
  tellPrepared([await beginCeremony(repository, "targets", draft)], terminal);
  return exitCode.ok;
}
