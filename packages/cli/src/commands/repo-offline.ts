import path from "node:path";
import {
  delegationsOf,
  offlineRoot,
  publishSteps,
  type RoleFile,
  type TargetFileBytes,
  targetFilePath,
  type WireRoot,
} from "@sumac/tuf/writer";
import { makeFolder } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { beginCeremony, type Ceremony, openCeremony } from "../repo/ceremony.ts";
import { type NamedKeys, readKeys } from "../repo/key-arguments.ts";
import { bring, publishedTarget } from "../repo/published-tree.ts";
import { Repository, writeSettings } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";

export const repoOffline: Command = {
  name: "repo offline",
  summary: "bring the tree for offline bundles up to date with the repository",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "offline", summary: "folder of the offline tree, a repository of its own; made if it is not there" },
  ],
  options: [
    { name: "snapshot", value: "file", summary: "the first time: public key (PEM) that signs offline snapshots" },
    { name: "timestamp", value: "file", summary: "the first time: public key that signs offline timestamps" },
  ],
  notes: [
    "It has the same root, targets and line keys, and snapshots that live for months: what is withdrawn stays installable from an old bundle.",
    "A new root has to be signed like any other. Then: sumac repo publish OFFLINE with the offline keys.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const online = await Repository.open(io, given.operand("folder"));
  const name = given.operand("offline");
  const root = online.needRoot().wire;
  const targets = online.needTargets();
  if (root.tree === "offline")
    throw usage("bad-value", `${online.name} is an offline tree itself`, "name the repository");
  const isThere = fileState(io, path.join(name, "repository.yaml")) === "file";
  const keys = isThere ? undefined : await firstKeys(given, online);
  const current = isThere ? (await Repository.open(io, name)).root()?.wire : undefined;
  const draft =
    current !== undefined && isUpToDate(root, current)
      ? undefined
      : orTell(offlineRoot(root, current, keys?.rings, online.context()));
  if (!isThere) {
    for (const folder of ["metadata", "targets", "ceremonies"]) makeFolder(io, path.join(name, folder));
    const people = new Map([...online.settings.people, ...(keys?.people ?? [])]);
    writeSettings(io, name, { ...online.settings, people });
  }
  const offline = await Repository.open(io, name);
  const copied = copyRoles(online, offline, targets.wire);
  const under = await openCeremony(offline, "root");
  const prepared: Ceremony[] = [];
  if (draft !== undefined && (under === undefined || under.signatures.length === 0)) {
    prepared.push(await beginCeremony(offline, "root", draft));
  } else if (under !== undefined) {
    prepared.push(under);
  }
  terminal.line(`${copied} role files are those of ${online.name}`);
  tellPrepared(prepared, terminal);
  return exitCode.ok;
}

/** The lists that both trees share. */
const isUpToDate = (online: WireRoot, offline: WireRoot): boolean =>
  (["root", "targets"] as const).every(
    (role) => JSON.stringify(online.roles[role]) === JSON.stringify(offline.roles[role]),
  );

async function firstKeys(given: Arguments, { io }: Repository) {
  const snapshot = await named(given, "snapshot", io);
  const timestamp = await named(given, "timestamp", io);
  const rings = {
    snapshot: { keys: snapshot.keys, threshold: 1 },
    timestamp: { keys: timestamp.keys, threshold: 1 },
  };
  return { rings, people: new Map([...snapshot.people, ...timestamp.people]) };
}

function named(given: Arguments, option: "snapshot" | "timestamp", io: Repository["io"]): Promise<NamedKeys> {
  const file = given.option(option);
  if (file !== undefined) return readKeys(io, [file]);
  throw usage(
    "missing-option",
    `no --${option} for the new tree`,
    `give --${option} KEY.pub.pem, not the server's key`,
  );
}

/** The same bytes in both trees: one floor of versions, and nothing to be signed twice. */
function copyRoles(online: Repository, offline: Repository, targets: Parameters<typeof delegationsOf>[0]): number {
  const files: RoleFile[] = [];
  const targetFiles: TargetFileBytes[] = [];
  for (const role of ["targets", ...delegationsOf(targets).roles.map(({ name }) => name)]) {
    const held = online.targets(role);
    if (held === undefined) continue;
    files.push({ role, version: held.metadata.version, bytes: held.file.received });
    for (const [path, target] of Object.entries(held.wire.targets)) {
      const file = targetFilePath(path, target);
      const bytes = publishedTarget(online.folder, file);
      if (bytes === undefined) throw writingFailure({ code: "target-file-missing", path });
      targetFiles.push({ path: file, bytes });
    }
  }
  bring(offline.folder, publishSteps(files, targetFiles));
  return files.length;
}
