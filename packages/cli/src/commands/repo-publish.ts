import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  defaultKeepSeconds,
  delegationsOf,
  type HeldTargets,
  prunable,
  publishSteps,
  publishTree,
  targetFilePath,
} from "@sumac/tuf/writer";
import { listVersions, removeVersions, withTimes } from "@sumac/tuf/writer/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { bring, publishedTarget } from "../repo/published-tree.ts";
import { Repository } from "../repo/repository.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";

export const repoPublish: Command = {
  name: "repo publish",
  summary: "sign snapshot and timestamp, so that devices see what is new",
  operands: [{ name: "folder", summary: "the repository" }],
  options: [
    ...signingOptions,
    { name: "always", summary: "sign both again even if nothing is due" },
    { name: "prune", summary: "then remove versions that nobody can ask for any more; never a root" },
  ],
  notes: [
    "Needs the private keys of snapshot and timestamp. Put the folder on any web server: metadata/ and targets/.",
    "Only for a site without sumac serve, which does this by itself. Run it at least once a day, for the timestamp.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const repository = await Repository.open(io, given.operand("folder"));
  const root = repository.needRoot();
  const targets = repository.needTargets();
  const timestamp = repository.timestamp();
  const snapshot = repository.snapshot();
  const roleVersion = (role: string): number => snapshot?.metadata.roles.get(role)?.version ?? 0;
  const rekeyed = targets.metadata.version > roleVersion("targets");
  const lines = new Map<string, HeldTargets>();
  for (const { name } of delegationsOf(targets.wire).roles) {
    if (!rekeyed && repository.version(name) === roleVersion(name)) continue;
    const held = repository.targets(name);
    if (held !== undefined) lines.set(name, held);
  }
  for (const [role, held] of lines) if (held.metadata.version > roleVersion(role)) checkTargetFiles(repository, held);
  const when = given.flag("always") === "given" ? "always" : "when-due";
  const tree = root.wire.tree ?? "online";
  const input = { root, targets, lines, snapshot, timestamp, tree, when } as const;
  const signers = await openSigners(given, context);
  const files = orTell(await publishTree(input, signers, repository.context()));
  const steps = publishSteps(files, []);
  bring(repository.folder, steps);
  const pruned = given.flag("prune") === "given" ? prune(repository) : [];
  terminal.json({
    published: files.map(({ role, version }) => ({ role, version })),
    steps: steps.map(({ path }) => path),
    pruned,
  });
  if (files.length === 0) terminal.line("nothing is due");
  for (const { role, version } of files) terminal.line(`signed ${role} version ${version}`);
  if (pruned.length > 0) terminal.line(`removed ${pruned.length} old versions`);
  return exitCode.ok;
}

/** A role that lists what is not there would be a release that nobody can fetch. */
function checkTargetFiles(repository: Repository, { wire }: HeldTargets): void {
  for (const [path, target] of Object.entries(wire.targets)) {
    const bytes = publishedTarget(repository.folder, targetFilePath(path, target));
    if (bytes === undefined) throw writingFailure({ code: "target-file-missing", path });
    const digest = nodeCrypto.startDigest("sha-256");
    digest.update(bytes);
    if (bytesToHex(digest.digest()) !== target.hashes.sha256) {
      throw writingFailure({ code: "target-file-differs", path });
    }
  }
}

function prune(repository: Repository): readonly { readonly role: string; readonly version: number }[] {
  const snapshot = repository.publishedSnapshot();
  const listed = new Map(Array.from(snapshot?.metadata.roles ?? [], ([role, { version }]) => [role, version]));
  if (snapshot !== undefined) listed.set("snapshot", snapshot.metadata.version);
  const all = withTimes(repository.folder, [...listVersions(repository.folder).values()].flat());
  const { now } = repository.context();
  const old = prunable(all, { now, keepSeconds: defaultKeepSeconds, listed });
  removeVersions(repository.folder, old);
  return old.map(({ role, version }) => ({ role, version }));
}
