/**
 * The four kinds of metadata as a verifier works with them (TUF 1.0.34 4.3 to 4.6). Members this software does not know
 * are tolerated, and signed like all others. Versions and lengths are safe integers; times are seconds since 1970.
 */
import type { JsonObject } from "./json-value.ts";
import type { TopLevelRole } from "./role-name.ts";
import type { TufKey } from "./tuf-key.ts";

export type Metadata = RootMetadata | TimestampMetadata | SnapshotMetadata | TargetsMetadata;

interface CommonMetadata {
  /** 1.x of the specification. */
  readonly specVersion: string;
  /** At least 1. */
  readonly version: number;
  readonly expires: bigint;
  /** The received value, for members of our own and of others. */
  readonly signed: JsonObject;
}

/** Whose signatures make a file of the role valid. */
export interface RoleKeys {
  /** The listed keys that exist, none twice; a listed id without a key is left out. */
  readonly keys: ReadonlyMap<string, TufKey>;
  /** At least 1. It may be more than there are keys: then nothing is valid. */
  readonly threshold: number;
}

export interface RootMetadata extends CommonMetadata {
  readonly type: "root";
  readonly consistentSnapshot: boolean;
  readonly roles: Readonly<Record<TopLevelRole, RoleKeys>>;
  /** Our member `tree`; absent in a repository that has only one. */
  readonly tree: Tree | undefined;
}

/** A repository's metadata for pollers, and the separately signed one for bundles (tuf.md 8). */
export type Tree = "online" | "offline";

/** What a file says about another file. */
export interface FileFacts {
  readonly version: number;
  readonly length: number | undefined;
  /** Lower-case hex by TUF's name of the digest (`sha256`); undefined if none is listed. */
  readonly hashes: ReadonlyMap<string, string> | undefined;
}

export interface TimestampMetadata extends CommonMetadata {
  readonly type: "timestamp";
  readonly snapshot: FileFacts;
  /** Our member `issued`: when this file was signed. */
  readonly issued: bigint | undefined;
  readonly tree: Tree | undefined;
}

export interface SnapshotMetadata extends CommonMetadata {
  readonly type: "snapshot";
  /** By role name, `targets` among them. */
  readonly roles: ReadonlyMap<string, FileFacts>;
}

export interface TargetsMetadata extends CommonMetadata {
  readonly type: "targets";
  readonly targets: ReadonlyMap<string, TargetFile>;
  /** In the order of the file, which is their priority. */
  readonly delegations: readonly Delegation[];
}

export interface TargetFile {
  readonly path: string;
  readonly length: number;
  /** At least one. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly custom: JsonObject | undefined;
}

export interface Delegation extends RoleKeys {
  readonly name: string;
  readonly terminating: boolean;
  readonly scope: DelegationScope;
}

/** Patterns as in `matchesPattern`, or prefixes of the hex SHA-256 of the target path. */
export type DelegationScope =
  | { readonly kind: "paths"; readonly patterns: readonly string[] }
  | { readonly kind: "hash-prefixes"; readonly prefixes: readonly string[] };
