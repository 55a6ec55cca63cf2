import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { formatUtcTime } from "../utc-time.ts";
import { authoritiesFor, missingSignatures } from "./authority.ts";
import type { DraftContext } from "./draft-context.ts";
import type { HeldRoot, HeldSnapshot, HeldTargets, HeldTimestamp } from "./held-file.ts";
import { standingOf } from "./lifetimes.ts";
import { type ListedFile, nextSnapshot, nextTimestamp } from "./online-change.ts";
import type { RoleFile } from "./publish-steps.ts";
import type { MetadataSigner } from "./seal-file.ts";
import { sealWith } from "./signature-file.ts";
import type { WireMetadata } from "./wire-metadata.ts";
import type { WriterRefusal } from "./writer-refusal.ts";

/** A repository's newest files, and what a snapshot makes of them. */
export interface TreeInput {
  readonly root: HeldRoot;
  readonly targets: HeldTargets;
  /**
   * The newest file of each role that is newer than the snapshot lists it; of every role when targets is, because then
   * each has to satisfy its new delegation.
   */
  readonly lines: ReadonlyMap<string, HeldTargets>;
  /** The newest that is there, whether or not the timestamp names it. */
  readonly snapshot: HeldSnapshot | undefined;
  readonly timestamp: HeldTimestamp | undefined;
  readonly tree: "online" | "offline";
  /** `when-due`: a tree that is current and not half through its life stays as it is. */
  readonly when: "when-due" | "always";
}

/**
 * Snapshot and timestamp for what is new. Nothing is published that a client would refuse: every file has to have the
 * signatures that root and targets ask for now, and to be unexpired. Empty: nothing is due.
 */
export async function publishTree(
  input: TreeInput,
  signers: readonly MetadataSigner[],
  context: DraftContext,
): Promise<Result<readonly RoleFile[], WriterRefusal>> {
  const flaw = treeFlaw(input, context);
  if (flaw !== undefined) return err(flaw);
  const changed = changedFiles(input);
  const snapshotDue =
    changed.length > 0 || input.when === "always" || isDue("snapshot", input.snapshot, input, context);
  const files: RoleFile[] = [];
  let listed: ListedFile | undefined = listedFile("snapshot", input.snapshot);
  if (snapshotDue || listed === undefined) {
    const lifetime = input.tree === "online" ? "snapshot" : "offline";
    const wire = nextSnapshot({ current: input.snapshot?.wire, changed, lifetime }, context);
    if (!wire.ok) return wire;
    const bytes = await sealOnline("snapshot", wire.value, input, signers);
    if (!bytes.ok) return bytes;
    listed = { role: "snapshot", version: wire.value.version, bytes: bytes.value };
    files.push(listed);
  }
  // A publication that was interrupted leaves a snapshot that no timestamp names yet.
  const isNamed = input.timestamp?.metadata.snapshot.version === listed.version;
  if (
    files.length === 0 &&
    isNamed &&
    input.when === "when-due" &&
    !isDue("timestamp", input.timestamp, input, context)
  ) {
    return ok([]);
  }
  const wire = nextTimestamp({ current: input.timestamp?.wire, snapshot: listed, tree: input.tree }, context);
  if (!wire.ok) return wire;
  const bytes = await sealOnline("timestamp", wire.value, input, signers);
  if (!bytes.ok) return bytes;
  return ok([...files, { role: "timestamp", version: wire.value.version, bytes: bytes.value }]);
}

/** Two machines that publish in turn are never quite together. */
const clockSlack = 3600n;

/** What a client would refuse about the offline-signed files. */
function treeFlaw(input: TreeInput, { crypto, now }: DraftContext): WriterRefusal | undefined {
  const { root, targets, lines, timestamp } = input;
  const issued = timestamp?.metadata.issued;
  if (issued !== undefined && now + clockSlack < issued) {
    return { code: "clock-behind", now: formatUtcTime(now), issued: formatUtcTime(issued) };
  }
  const held: readonly [string, HeldRoot | HeldTargets][] = [["root", root], ["targets", targets], ...lines];
  const expired = held.find(([, { metadata }]) => now >= metadata.expires);
  if (expired !== undefined) {
    return { code: "role-expired", role: expired[0], expires: formatUtcTime(expired[1].metadata.expires) };
  }
  for (const [role, { file }] of held) {
    const authorities = authoritiesFor(role, { root, targets }, undefined);
    if (!authorities.ok) return authorities.error;
    const [missing] = missingSignatures(file, authorities.value, crypto);
    if (missing !== undefined) {
      return { code: "role-not-signed", role, authority: missing.authority, have: missing.have, need: missing.need };
    }
  }
  return undefined;
}

function changedFiles({ targets, lines, snapshot }: TreeInput): readonly ListedFile[] {
  const files = [["targets", targets] as const, ...lines];
  return files.flatMap(([role, held]) =>
    held.metadata.version > (snapshot?.metadata.roles.get(role)?.version ?? 0)
      ? [{ role, version: held.metadata.version, bytes: held.file.received }]
      : [],
  );
}

const listedFile = (role: string, held: HeldSnapshot | undefined): ListedFile | undefined =>
  held && { role, version: held.metadata.version, bytes: held.file.received };

/** Half of its life is over, or root has withdrawn the keys that signed it. */
function isDue(
  role: "snapshot" | "timestamp",
  held: HeldSnapshot | HeldTimestamp | undefined,
  { root, tree }: TreeInput,
  { crypto, now, lifetimes }: DraftContext,
): boolean {
  if (held === undefined) return true;
  const lifetime = lifetimes[tree === "online" ? role : "offline"];
  if (standingOf(held.wire.expires, lifetime, now) !== "valid") return true;
  const authority = { name: role, keys: root.metadata.roles[role] };
  return missingSignatures(held.file, [authority], crypto).length > 0;
}

async function sealOnline(
  role: "snapshot" | "timestamp",
  wire: WireMetadata,
  { root }: TreeInput,
  signers: readonly MetadataSigner[],
): Promise<Result<Uint8Array, WriterRefusal>> {
  const { keyids, threshold } = root.wire.roles[role];
  const own = signers.filter(({ keyId }) => keyids.includes(bytesToHex(keyId)));
  if (own.length < threshold) return err({ code: "key-not-of-role", role, keyIds: keyids });
  return ok(await sealWith(wire, own));
}
