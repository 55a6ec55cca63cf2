import { topLevelRoles } from "@sumac/tuf";
import { changeLineKeys, delegationsOf, nextRoot, type WireRole } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { baseOf, beginCeremony, type Ceremony } from "../repo/ceremony.ts";
import { findKey, readKeys } from "../repo/key-arguments.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoRevoke: Command = {
  name: "repo revoke",
  summary: "take a key out of every role it is in",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "key", summary: "the key: its id, or its public key file" },
  ],
  options: [{ name: "replace-with", value: "file", summary: "public key (PEM) that takes its place everywhere" }],
  notes: ["A role that would have too few keys left needs --replace-with, or sumac repo rotate with a new threshold."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("folder");
  const before = await Repository.open(io, name);
  const replacement = given.option("replace-with");
  const { keys, people } = await readKeys(io, replacement === undefined ? [] : [replacement]);
  const root = before.needRoot().wire;
  const delegations = before.targets()?.wire.delegations;
  const known = [...Object.keys(root.keys), ...Object.keys(delegations?.keys ?? {})];
  const keyId = await findKey(io, given.operand("key"), known);
  const holds = ({ keyids }: WireRole): boolean => keyids.includes(keyId);
  const top = topLevelRoles.filter((role) => holds(root.roles[role]));
  const lines = (delegations?.roles ?? []).filter(holds).map(({ name: role }) => role);
  if (top.length + lines.length === 0) {
    throw usage("key-absent", `no role has the key ${keyId.slice(0, 16)}`, "it is revoked already, or never was a key");
  }
  const change = { add: keys, remove: [keyId] };
  const context = before.context();
  const drafts: [string, Parameters<typeof beginCeremony>[2]][] = [];
  if (top.length > 0) {
    const base = await baseOf(before, "root", root);
    if (base === undefined) throw writingFailure({ code: "role-not-written", role: "root" });
    drafts.push([
      "root",
      orTell(
        nextRoot(
          base,
          top.map((role) => ({ role, ...change })),
          context,
        ),
      ),
    ]);
  }
  if (lines.length > 0) {
    const base = await baseOf(before, "targets", before.needTargets().wire);
    if (base === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
    drafts.push([
      "targets",
      orTell(
        changeLineKeys(
          base,
          lines.map((role) => ({ role, ...change })),
          context,
        ),
      ),
    ]);
  }
  before.remember(people);
  const repository = await Repository.open(io, name);
  const prepared: Ceremony[] = [];
  for (const [role, draft] of drafts) prepared.push(await beginCeremony(repository, role, draft));
  tellPrepared(prepared, terminal);
  for (const role of affected(repository, top, lines)) {
    terminal.line(`then sign ${role} again: sumac repo prepare ${name} ${role}`);
  }
  return exitCode.ok;
}

/** Whose files rest on the key that goes, and have to be signed anew before anything can be published. */
function affected(repository: Repository, top: readonly string[], lines: readonly string[]): readonly string[] {
  const written = delegationsOf(repository.needTargets().wire).roles.map(({ name }) => name);
  return [...top.filter((role) => role === "targets"), ...lines.filter((role) => written.includes(role))].filter(
    (role) => repository.version(role) > 0,
  );
}
