import { ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import { formatUtcTime } from "../utc-time.ts";
import { type DraftContext, expiryOf, nextVersion } from "./draft-context.ts";
import type { LifetimeClass } from "./lifetimes.ts";
import { specVersion, type WireFile, type WireSnapshot, type WireTimestamp } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** Above so many roles length and digest would be most of what a device fetches; versions alone stop mix and match. */
export const rolesWithDigests = 500;

/** A file that a snapshot or timestamp is to list. */
export interface ListedFile {
  readonly role: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export interface NextSnapshot {
  readonly current: WireSnapshot | undefined;
  /** Only what changed; the rest stays as `current` lists it, for ever: clients refuse a snapshot that lost a role. */
  readonly changed: readonly ListedFile[];
  readonly lifetime: Extract<LifetimeClass, "snapshot" | "offline">;
}

export function nextSnapshot(
  { current, changed, lifetime }: NextSnapshot,
  context: DraftContext,
): Result<WireSnapshot, ChangeRefusal> {
  const expires = expiryOf(lifetime, context);
  if (!expires.ok) return expires;
  const version = nextVersion("snapshot", current?.version ?? 0);
  if (!version.ok) return version;
  const meta = new Map(Object.entries(current?.meta ?? {}));
  for (const file of changed) meta.set(`${file.role}.json`, fileFacts(file, context.crypto));
  const isLarge = meta.size > rolesWithDigests;
  const listed = isLarge ? Array.from(meta, ([name, file]) => [name, { version: file.version }] as const) : [...meta];
  return ok({
    _type: "snapshot",
    expires: expires.value,
    meta: Object.fromEntries(listed.sort(([a], [b]) => (a < b ? -1 : 1))),
    spec_version: specVersion,
    version: version.value,
  });
}

export interface NextTimestamp {
  readonly current: WireTimestamp | undefined;
  readonly snapshot: ListedFile;
  readonly tree: "online" | "offline";
}

export function nextTimestamp(
  { current, snapshot, tree }: NextTimestamp,
  context: DraftContext,
): Result<WireTimestamp, ChangeRefusal> {
  const expires = expiryOf(tree === "online" ? "timestamp" : "offline", context);
  if (!expires.ok) return expires;
  const version = nextVersion("timestamp", current?.version ?? 0);
  if (!version.ok) return version;
  return ok({
    _type: "timestamp",
    expires: expires.value,
    issued: formatUtcTime(context.now),
    meta: { "snapshot.json": fileFacts(snapshot, context.crypto) },
    spec_version: specVersion,
    tree,
    version: version.value,
  });
}

function fileFacts({ version, bytes }: ListedFile, crypto: Crypto): WireFile {
  const digest = crypto.startDigest("sha-256");
  digest.update(bytes);
  return { hashes: { sha256: bytesToHex(digest.digest()) }, length: bytes.length, version };
}
