import { delegationsOf, lifetimeClass, standingOf } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { beginCeremony, type Ceremony, openCeremony } from "../repo/ceremony.ts";
import { renewedDraft } from "../repo/renewed-draft.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";

export const repoRenew: Command = {
  name: "repo renew",
  summary: "prepare every offline role that is half through its life to be signed again",
  operands: [{ name: "folder", summary: "the repository" }],
  options: [{ name: "all", summary: "also roles that are not due yet" }],
  notes: ["Snapshot and timestamp are renewed by sumac repo publish, or by the server."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const prepared: Ceremony[] = [];
  for (const role of dueRoles(repository, given.flag("all") === "given" ? "all" : "due")) {
    const open = await openCeremony(repository, role);
    // Under way and signed by some: that one renews it too.
    if (open !== undefined && open.signatures.length > 0) prepared.push(open);
    else prepared.push(await beginCeremony(repository, role, await renewedDraft(repository, role)));
  }
  if (prepared.length === 0) terminal.line("nothing is due");
  tellPrepared(prepared, terminal);
  return exitCode.ok;
}

function dueRoles(repository: Repository, which: "all" | "due"): readonly string[] {
  const { now, lifetimes } = repository.context();
  const isDue = (role: string): boolean => {
    const held = role === "root" ? repository.root() : repository.targets(role);
    if (held === undefined) return false;
    return which === "all" || standingOf(held.wire.expires, lifetimes[lifetimeClass(role)], now) !== "valid";
  };
  const targets = repository.targets();
  const lines = targets === undefined ? [] : delegationsOf(targets.wire).roles.map(({ name }) => name);
  return ["root", "targets", ...lines].filter(isDue);
}
