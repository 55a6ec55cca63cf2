import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { drive, explain, findTarget, refresh, sumacPolicy, type TufNote, type TufRefusal } from "@sumac/tuf";
import { openTrustedFiles } from "@sumac/tuf/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { Repository } from "../repo/repository.ts";

export const repoCheck: Command = {
  name: "repo check",
  summary: "look a release up in the published tree as a device does",
  operands: [
    { name: "folder", summary: "the repository, or a copy of what is published" },
    { name: "target", summary: "path of the release, such as drives/dx9/2.4.0.suit" },
  ],
  options: [
    { name: "state", value: "folder", use: "required", summary: "what the device remembers; made if it is not there" },
  ],
  notes: ["With an empty state it is a new device, which begins with root 1. Refusals are those of a device."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const target = given.operand("target");
  const files = await openTrustedFiles(path.resolve(io.workingFolder, given.required("state")));
  const now = BigInt(Math.floor(Date.now() / 1000));
  const context = {
    crypto: nodeCrypto,
    policy: sumacPolicy,
    factoryRoot: repository.published("1.root.json"),
    buildTime: now,
    clock: { seconds: now, source: "trusted" },
  } as const;
  const notes: TufNote["code"][] = [];
  const fetchMetadata = async (name: string) => repository.published(name) ?? ("absent" as const);
  const note = ({ code }: TufNote): void => {
    notes.push(code);
  };
  const fresh = await drive(refresh(context), files, fetchMetadata, note);
  if (!fresh.ok) throw refusal(fresh.error);
  const found = await drive(findTarget(fresh.value, target), files, fetchMetadata, note);
  if (!found.ok) throw refusal(found.error);
  const { role, roleVersion, target: file } = found.value;
  const { root, timestamp } = fresh.value;
  const sha256 = file.hashes.get("sha256");
  terminal.json({ target, role, roleVersion, root: root.version, timestamp: timestamp.version, sha256, notes });
  terminal.line(`${target} is current: ${role} version ${roleVersion}, root version ${root.version}`, "green");
  terminal.line(`  sha256 ${sha256}, ${file.length} bytes`);
  return exitCode.ok;
}

const refusal = (refused: TufRefusal): Failure =>
  new Failure({ code: refused.code, ...explain(refused), exit: exitCode.refused });
