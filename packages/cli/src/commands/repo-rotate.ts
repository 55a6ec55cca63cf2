import { isTopLevelRole } from "@sumac/tuf";
import { changeLineKeys, type KeyChange, nextRoot, type WireMetadata } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { baseOf, beginCeremony } from "../repo/ceremony.ts";
import { findKey, readKeys, thresholdOf } from "../repo/key-arguments.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoRotate: Command = {
  name: "repo rotate",
  summary: "change the keys or the threshold of a role",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "role", summary: "root, targets, snapshot, timestamp, or a line's role such as line-drives" },
  ],
  options: [
    { name: "add", value: "file", use: "repeatable", summary: "public key (PEM) to add" },
    { name: "remove", value: "key", use: "repeatable", summary: "key to remove: its id or public key file" },
    { name: "threshold", value: "n", summary: "how many keys have to sign from now on (default: as it is)" },
  ],
  notes: ["Root signs for the four top-level roles, targets for the lines."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const role = given.operand("role");
  const { keys, people } = await readKeys(io, given.all("add"));
  const known = [
    ...Object.keys(repository.needRoot().wire.keys),
    ...Object.keys(repository.targets()?.wire.delegations?.keys ?? {}),
  ];
  const remove: string[] = [];
  for (const value of given.all("remove")) remove.push(await findKey(io, value, known));
  const threshold = given.option("threshold") === undefined ? {} : { threshold: thresholdOf(given, "threshold", 1) };
  const change: KeyChange = { role, add: keys, remove, ...threshold };
  const { owner, draft } = await drafted(repository, change);
  // Only now: a change that is refused leaves no names behind.
  repository.remember(people);
  tellPrepared([await beginCeremony(await Repository.open(io, repository.name), owner, draft)], terminal);
  return exitCode.ok;
}

/** Root signs for the top-level roles, targets for the lines. */
async function drafted(
  repository: Repository,
  change: KeyChange,
): Promise<{ readonly owner: "root" | "targets"; readonly draft: WireMetadata }> {
  const { role } = change;
  const context = repository.context();
  if (isTopLevelRole(role)) {
    const base = await baseOf(repository, "root", repository.needRoot().wire);
    if (base === undefined) throw writingFailure({ code: "role-not-written", role: "root" });
    return { owner: "root", draft: orTell(nextRoot(base, [{ ...change, role }], context)) };
  }
  if (!role.startsWith("line-")) {
    throw usage("bad-value", `${role} is no role`, "give root, targets, snapshot, timestamp or line-NAME");
  }
  const base = await baseOf(repository, "targets", repository.needTargets().wire);
  if (base === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
  return { owner: "targets", draft: orTell(changeLineKeys(base, [change], context)) };
}
