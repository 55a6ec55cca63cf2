import type { Crypto } from "@sumac/crypto";
import {
  type HeldRoot,
  type HeldSnapshot,
  type HeldTargets,
  type HeldTimestamp,
  holdRoot,
  holdSnapshot,
  holdTargets,
  holdTimestamp,
} from "@sumac/tuf/writer";
import { listVersions, readMetadata } from "@sumac/tuf/writer/node";
import { Unavailable } from "../unavailable.ts";

/** A tree as it is published, without its role files: those are read when they are needed. */
export interface HeldTree {
  readonly root: HeldRoot;
  readonly targets: HeldTargets;
  readonly snapshot: HeldSnapshot;
  readonly timestamp: HeldTimestamp;
}

/** Undefined: nothing has been published. Throws `Unavailable` for a tree that somebody has damaged. */
export function readTree(tree: string, crypto: Crypto): HeldTree | undefined {
  const newest = (role: string): number => versions.get(role)?.at(-1)?.version ?? 0;
  const versions = listVersions(tree);
  const timestampBytes = readMetadata(tree, "timestamp");
  if (timestampBytes === undefined) return undefined;
  const timestamp = sound(holdTimestamp(timestampBytes, "timestamp.json"), "timestamp.json");
  const snapshotName = `${newest("snapshot")}.snapshot.json`;
  const snapshot = sound(
    holdSnapshot(needFile(readMetadata(tree, "snapshot", newest("snapshot")), snapshotName), snapshotName),
    snapshotName,
  );
  const rootName = `${newest("root")}.root.json`;
  const root = sound(
    holdRoot(needFile(readMetadata(tree, "root", newest("root")), rootName), rootName, crypto),
    rootName,
  );
  const targets = readRole(tree, "targets", snapshot.metadata.roles.get("targets")?.version ?? 0, crypto);
  return { root, targets, snapshot, timestamp };
}

/** A role file that is published. */
export function readRole(tree: string, role: string, version: number, crypto: Crypto): HeldTargets {
  const name = `${version}.${role}.json`;
  return sound(holdTargets(needFile(readMetadata(tree, role, version), name), name, crypto), name);
}

/** The version under which a role is published; 0: it is not. */
export const publishedVersion = (tree: HeldTree | undefined, role: string): number =>
  tree?.snapshot.metadata.roles.get(role)?.version ?? 0;

function needFile(bytes: Uint8Array | undefined, name: string): Uint8Array {
  if (bytes === undefined) throw damaged(`${name} is missing`);
  return bytes;
}

function sound<T>(
  held: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { readonly code: string } },
  name: string,
): T {
  if (held.ok) return held.value;
  throw damaged(`${name} is unusable (${held.error.code})`);
}

export const damaged = (detail: string): Unavailable =>
  new Unavailable("repository-damaged", `the published tree is damaged: ${detail}`, { retryable: false });
