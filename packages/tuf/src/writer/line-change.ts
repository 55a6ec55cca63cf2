import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { compareCodePoints } from "../canonical-json.ts";
import type { PlainJson } from "../json-value.ts";
import { isWritableTargetPath, matchesPattern } from "../path-pattern.ts";
import { type DraftContext, expiryOf, nextVersion } from "./draft-context.ts";
import { maxTargetsOfRole } from "./line-split.ts";
import { specVersion, type WireDelegation, type WireTarget, type WireTargets } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** A release on its way into its line's role: the envelope and what `custom` repeats of it (docs/spec/tuf.md). */
export interface NewTarget {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly custom: { readonly [member: string]: PlainJson };
}

export interface LineChange {
  readonly delegation: WireDelegation;
  readonly add: readonly NewTarget[];
  /** Paths of withdrawn releases. */
  readonly withdraw: readonly string[];
}

/**
 * The next version of a delegated role; its first if `current` is absent. With nothing to add or withdraw it is the same
 * with a new expiry. A path is never given other content: what a device has verified under a name stays that.
 */
export function changeLine(
  current: WireTargets | undefined,
  { delegation, add, withdraw }: LineChange,
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  const role = delegation.name;
  if ((current?.delegations?.roles.length ?? 0) > 0) return err({ code: "delegation-nested", role });
  const expires = expiryOf("line", context);
  if (!expires.ok) return expires;
  const version = nextVersion(role, current?.version ?? 0);
  if (!version.ok) return version;
  const targets = new Map(Object.entries(current?.targets ?? {}));
  for (const path of withdraw) {
    if (!targets.delete(path)) return err({ code: "target-absent", path, role });
  }
  for (const { path, bytes, custom } of add) {
    const flaw = targetFlaw(path, custom, delegation);
    if (flaw !== undefined) return err(flaw);
    if (targets.has(path) || withdraw.includes(path)) return err({ code: "target-present", path });
    targets.set(path, { custom, hashes: { sha256: sha256(bytes, context) }, length: bytes.length });
  }
  if (targets.size > maxTargetsOfRole) return err({ code: "role-full", role, limit: maxTargetsOfRole });
  return ok({
    _type: "targets",
    expires: expires.value,
    spec_version: specVersion,
    targets: sorted(targets),
    version: version.value,
  });
}

function targetFlaw(path: string, custom: PlainJson, { name, paths }: WireDelegation): ChangeRefusal | undefined {
  if (!isWritableTargetPath(path)) return { code: "name-not-writable", what: "path", name: path };
  if (!paths.some((pattern) => matchesPattern(pattern, path))) return { code: "target-outside-role", path, role: name };
  const field = textFlaw(custom, "custom");
  return field === undefined ? undefined : { code: "text-not-ascii", field };
}

/** Readers sort and escape other text differently; printable ASCII is the same for all (tuf.md 4). */
function textFlaw(value: PlainJson, field: string): string | undefined {
  if (typeof value === "string") return /^[\x20-\x7e]*$/.test(value) ? undefined : field;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (!/^[\x20-\x7e]*$/.test(key)) return field;
    const flaw: string | undefined = textFlaw(member as PlainJson, `${field}.${key}`);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function sha256(bytes: Uint8Array, { crypto }: DraftContext): string {
  const digest = crypto.startDigest("sha-256");
  digest.update(bytes);
  return bytesToHex(digest.digest());
}

const sorted = (targets: ReadonlyMap<string, WireTarget>): Readonly<Record<string, WireTarget>> =>
  Object.fromEntries([...targets].sort(([a], [b]) => compareCodePoints(a, b)));

/** Where the file of a target lies below `targets/`: with its digest before the last segment (consistent snapshots). */
export function targetFilePath(path: string, { hashes }: WireTarget): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}${hashes.sha256}.${path.slice(slash)}`;
}
