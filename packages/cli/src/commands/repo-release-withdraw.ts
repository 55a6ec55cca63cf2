import { lineRoleName } from "@sumac/tuf";
import { changeLine, delegationsOf } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { baseOf, beginCeremony } from "../repo/ceremony.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoReleaseWithdraw: Command = {
  name: "repo release withdraw",
  summary: "take a release out of its product line's list",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "target", summary: "path of the release, such as drives/dx9/2.4.0.suit" },
  ],
  options: [],
  notes: [
    "Devices that have installed it keep it; no other device gets it. Its name is never given again: repository.yaml keeps it.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const path = given.operand("target");
  const line = path.split("/")[0] ?? "";
  const roles = delegationsOf(repository.needTargets().wire).roles;
  const delegation = roles.find(({ name }) => repository.targets(name)?.wire.targets[path] !== undefined);
  if (delegation === undefined) throw writingFailure({ code: "target-absent", path, role: lineRoleName(line) });
  const base = await baseOf(repository, delegation.name, repository.targets(delegation.name)?.wire);
  const draft = orTell(changeLine(base, { delegation, add: [], withdraw: [path] }, repository.context()));
  // Before the draft: cut short in between, a name is kept that is not withdrawn yet, and nothing is lost.
  repository.withdraw(path);
  tellPrepared([await beginCeremony(repository, delegation.name, draft)], terminal);
  return exitCode.ok;
}
