import { addLine } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { baseOf, beginCeremony } from "../repo/ceremony.ts";
import { readKeys, thresholdOf } from "../repo/key-arguments.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoLineAdd: Command = {
  name: "repo line add",
  summary: "give a product line to its keys; the holders of targets have to sign",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "line", summary: "name of the line, such as drives" },
  ],
  options: [
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) that releases for the line" },
    { name: "threshold", value: "n", summary: "how many of them have to sign a release (default 1)" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const line = given.operand("line");
  if (given.all("key").length === 0) {
    throw usage("missing-option", "no --key: nobody could release", "give a public key: --key release.pub.pem");
  }
  const { keys, people } = await readKeys(io, given.all("key"));
  const base = await baseOf(repository, "targets", repository.targets()?.wire);
  if (base === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
  const threshold = thresholdOf(given, "threshold", 1);
  const draft = orTell(addLine(base, { line, keys, threshold }, repository.context()));
  repository.remember(people);
  tellPrepared([await beginCeremony(await Repository.open(io, repository.name), "targets", draft)], terminal);
  return exitCode.ok;
}
