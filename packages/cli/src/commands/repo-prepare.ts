import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { beginCeremony } from "../repo/ceremony.ts";
import { renewedDraft } from "../repo/renewed-draft.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";

export const repoPrepare: Command = {
  name: "repo prepare",
  summary: "prepare the next version of a role to be signed, with a new expiry",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "role", summary: "root, targets, or a line's role such as line-drives" },
  ],
  options: [],
  notes: ["A draft that nobody has signed yet is prepared again with what it changes."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const role = given.operand("role");
  tellPrepared([await beginCeremony(repository, role, await renewedDraft(repository, role))], terminal);
  return exitCode.ok;
}
