import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import { driveInMemory, findTarget, metadataPath, refresh, sumacPolicy, type TargetFile } from "@sumac/tuf";
import {
  type HeldTargets,
  type Lifetimes,
  type MetadataSigner,
  type PublishStep,
  publishSteps,
  publishTree,
  type RoleFile,
  targetFilePath,
} from "@sumac/tuf/writer";
import type { CheckTarget } from "./check-target.ts";
import { type HeldTree, publishedVersion } from "./held-tree.ts";
import type { GroupRefusal, NewFiles } from "./offered-group.ts";
import { checkOnlineKeys } from "./online-keys.ts";

export interface JudgeContext {
  readonly crypto: Crypto;
  /** Seconds since 1970. */
  readonly now: bigint;
  readonly lifetimes: Lifetimes;
  readonly signers: readonly MetadataSigner[];
  readonly checkTarget: CheckTarget;
  /** A published role file. */
  readonly role: (name: string, version: number) => HeldTargets;
  /** The file of a target that was brought before; the name is `targetFilePath`. */
  readonly targetFile: (name: string) => Uint8Array | undefined;
}

/**
 * The steps that make new files visible, with the snapshot and timestamp for them; none if there is nothing to do. First
 * everything offered is judged, last the whole as a client sees it that knows the tree as it is now: what it would refuse
 * is not written.
 */
export async function judgeGroup(
  files: NewFiles,
  tree: HeldTree | undefined,
  context: JudgeContext,
): Promise<Result<readonly PublishStep[], GroupRefusal>> {
  const { crypto, now, lifetimes, signers } = context;
  const root = files.roots.at(-1) ?? tree?.root;
  const targets = files.targets ?? tree?.targets;
  if (root === undefined) return err({ code: "role-not-written", role: "root" });
  const apart = checkOnlineKeys(signers, root, targets);
  if (!apart.ok) return apart;
  if (targets === undefined) return err({ code: "role-not-written", role: "targets" });
  const lines = new Map(files.lines);
  if (files.targets !== undefined) {
    for (const { name } of targets.metadata.delegations) {
      const version = publishedVersion(tree, name);
      if (!lines.has(name) && version > 0) lines.set(name, context.role(name, version));
    }
  }
  const input = {
    root,
    targets,
    lines,
    snapshot: tree?.snapshot,
    timestamp: tree?.timestamp,
    tree: "online",
    when: "when-due",
  } as const;
  const online = await publishTree(input, signers, { crypto, now, lifetimes, schemes: "classical" });
  if (!online.ok) return online;
  const listed = checkNewTargets(files.lines, targets, tree, context);
  if (!listed.ok) return listed;
  const offline = [
    ...files.roots.map((held) => roleFile("root", held)),
    ...(files.targets === undefined ? [] : [roleFile("targets", files.targets)]),
    ...Array.from(files.lines, ([role, held]) => roleFile(role, held)),
  ];
  const steps = publishSteps([...offline, ...online.value], []);
  if (steps.length === 0) return ok(steps);
  const accepted = judgeAsClient(steps, files, tree, listed.value, context);
  return accepted.ok ? ok(steps) : accepted;
}

interface RoleTarget {
  readonly role: string;
  readonly target: TargetFile;
}

/** What a role lists for the first time has to be here, and to be what the role says. */
function checkNewTargets(
  lines: ReadonlyMap<string, HeldTargets>,
  targets: HeldTargets,
  tree: HeldTree | undefined,
  context: JudgeContext,
): Result<readonly RoleTarget[], GroupRefusal> {
  const found: RoleTarget[] = [];
  for (const [role, held] of lines) {
    const delegation = targets.metadata.delegations.find(({ name }) => name === role);
    if (delegation === undefined) throw new Error(`${role} was published without a delegation`);
    const version = publishedVersion(tree, role);
    const before = version === 0 ? undefined : context.role(role, version).metadata.targets;
    for (const [path, target] of held.metadata.targets) {
      const sha256 = target.hashes.get("sha256") ?? "";
      if (before?.get(path)?.hashes.get("sha256") === sha256) continue;
      const bytes = context.targetFile(targetFilePath(path, { hashes: { sha256 }, length: target.length }));
      if (bytes === undefined) return err({ code: "target-file-missing", path });
      const digest = context.crypto.startDigest("sha-256");
      digest.update(bytes);
      if (bytes.length !== target.length || bytesToHex(digest.digest()) !== sha256) {
        return err({ code: "target-file-differs", path });
      }
      const checked = context.checkTarget({ path, custom: target.custom, delegation, bytes });
      if (!checked.ok) return checked;
      found.push({ role, target });
    }
  }
  return ok(found);
}

function judgeAsClient(
  steps: readonly PublishStep[],
  files: NewFiles,
  tree: HeldTree | undefined,
  targets: readonly RoleTarget[],
  { crypto, now, role: readRole }: JudgeContext,
): Result<"accepted", GroupRefusal> {
  const served = new Map(steps.map(({ path, bytes }) => [path.slice("metadata/".length), bytes]));
  const stored = new Map<string, Uint8Array>();
  if (tree !== undefined) {
    const { root, targets: top, snapshot, timestamp } = tree;
    for (const [name, held] of Object.entries({ root, targets: top, snapshot, timestamp })) {
      stored.set(metadataPath(name), held.file.received);
      const path = metadataPath(name, name === "timestamp" ? undefined : held.metadata.version);
      if (!served.has(path)) served.set(path, held.file.received);
    }
  }
  const fetchFile = (path: string): Uint8Array | "absent" => {
    const bytes = served.get(path);
    if (bytes !== undefined) return bytes;
    const [version, name] = path.split(".");
    const known = name !== undefined && publishedVersion(tree, name) === Number(version);
    return known ? readRole(name, Number(version)).file.received : "absent";
  };
  const ignore = (): undefined => undefined;
  const context = {
    crypto,
    policy: sumacPolicy,
    factoryRoot: tree?.root.file.received ?? files.roots[0]?.file.received,
    buildTime: now,
    clock: { seconds: now, source: "trusted" },
  } as const;
  const fresh = driveInMemory(refresh(context), stored, fetchFile, ignore);
  if (!fresh.ok) return fresh;
  for (const { role, target } of targets) {
    const found = driveInMemory(findTarget(fresh.value, target.path), stored, fetchFile, ignore);
    if (!found.ok) return found;
    if (found.value.role !== role) {
      return err({ code: "target-ambiguous", path: target.path, role, found: found.value.role });
    }
  }
  return ok("accepted");
}

const roleFile = (
  role: string,
  held: { readonly metadata: { readonly version: number }; readonly file: { readonly received: Uint8Array } },
): RoleFile => ({ role, version: held.metadata.version, bytes: held.file.received });
