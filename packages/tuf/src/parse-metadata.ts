import type { Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import {
  asArray,
  asBoolean,
  asInteger,
  asObject,
  asString,
  join,
  needArray,
  needInteger,
  needMember,
  needObject,
  needString,
} from "./json-fields.ts";
import { refuseJson } from "./json-refusal.ts";
import type { JsonObject } from "./json-value.ts";
import type { KeyScheme } from "./key-scheme.ts";
import type {
  Delegation,
  DelegationScope,
  FileFacts,
  RoleKeys,
  RootMetadata,
  SnapshotMetadata,
  TargetFile,
  TargetsMetadata,
  TimestampMetadata,
  Tree,
} from "./metadata.ts";
import type { TufRefusal } from "./refusal.ts";
import { isLegalRoleName, type TopLevelRole } from "./role-name.ts";
import { readFile, type SignedFile } from "./signed-file.ts";
import { readKeys, type TufKey } from "./tuf-key.ts";
import { parseUtcTime } from "./utc-time.ts";

/** Which keys can be used, and what hashes them. */
export interface KeyContext {
  readonly schemes: readonly KeyScheme[];
  readonly crypto: Crypto;
}

/** Call these on files whose signatures hold; only a root is read before, because it brings the keys for itself. */
export function parseRoot(file: SignedFile, context: KeyContext): Result<RootMetadata, TufRefusal> {
  return readFile(file.file, () => {
    const { signed } = file;
    const common = readCommon(signed, "root");
    const keys = readKeys(needObject(signed, "keys", "signed"), "signed.keys", context.schemes, context.crypto);
    const roles = needObject(signed, "roles", "signed");
    const role = (name: TopLevelRole): RoleKeys => readRoleKeys(needObject(roles, name, "signed.roles"), name, keys);
    return {
      ...common,
      type: "root",
      consistentSnapshot: asBoolean(needMember(signed, "consistent_snapshot", "signed"), "signed.consistent_snapshot"),
      roles: { root: role("root"), timestamp: role("timestamp"), snapshot: role("snapshot"), targets: role("targets") },
      tree: readTree(signed),
    };
  });
}

export function parseTimestamp(file: SignedFile): Result<TimestampMetadata, TufRefusal> {
  return readFile(file.file, () => {
    const { signed } = file;
    const common = readCommon(signed, "timestamp");
    const snapshot = readFileFacts(needObject(needObject(signed, "meta", "signed"), "snapshot.json", "signed.meta"));
    const issued = signed.members.has("issued") ? readTime(signed, "issued") : undefined;
    return { ...common, type: "timestamp", snapshot, issued, tree: readTree(signed) };
  });
}

export function parseSnapshot(file: SignedFile): Result<SnapshotMetadata, TufRefusal> {
  return readFile(file.file, () => {
    const common = readCommon(file.signed, "snapshot");
    const roles = new Map<string, FileFacts>();
    for (const [name, value] of needObject(file.signed, "meta", "signed").members) {
      if (!name.endsWith(".json")) refuseJson("wrong-value", join("signed.meta", name), value.offset);
      roles.set(name.slice(0, -".json".length), readFileFacts(asObject(value, join("signed.meta", name))));
    }
    return { ...common, type: "snapshot", roles };
  });
}

export function parseTargets(file: SignedFile, context: KeyContext): Result<TargetsMetadata, TufRefusal> {
  return readFile(file.file, () => {
    const { signed } = file;
    const common = readCommon(signed, "targets");
    const targets = new Map<string, TargetFile>();
    for (const [path, value] of needObject(signed, "targets", "signed").members) {
      targets.set(path, readTarget(path, asObject(value, join("signed.targets", path))));
    }
    const delegations = signed.members.has("delegations")
      ? readDelegations(needObject(signed, "delegations", "signed"), context)
      : [];
    return { ...common, type: "targets", targets, delegations };
  });
}

function readCommon<T extends string>(signed: JsonObject, type: T) {
  if (needString(signed, "_type", "signed") !== type) {
    refuseJson("wrong-value", "signed._type", needMember(signed, "_type", "signed").offset);
  }
  const specVersion = needString(signed, "spec_version", "signed");
  if (!/^1\.\d{1,6}(\.\d{1,6})?$/.test(specVersion)) {
    refuseJson("wrong-value", "signed.spec_version", needMember(signed, "spec_version", "signed").offset);
  }
  return {
    specVersion,
    version: needInteger(signed, "version", "signed", 1),
    expires: readTime(signed, "expires"),
    signed,
  };
}

function readTime(signed: JsonObject, name: string): bigint {
  const value = needMember(signed, name, "signed");
  const field = join("signed", name);
  return parseUtcTime(asString(value, field)) ?? refuseJson("wrong-value", field, value.offset);
}

function readTree(signed: JsonObject): Tree | undefined {
  const value = signed.members.get("tree");
  if (value?.kind !== "string") return undefined;
  return value.value === "online" || value.value === "offline" ? value.value : undefined;
}

/** Listed ids without a key are skipped: who may sign is decided by the keys that are there. */
function readRoleKeys(object: JsonObject, name: string, known: ReadonlyMap<string, TufKey>): RoleKeys {
  const field = `role ${name}`;
  const keys = new Map<string, TufKey>();
  const seen = new Set<string>();
  for (const item of needArray(object, "keyids", field).items) {
    const id = asString(item, `${field}.keyids`);
    if (seen.has(id)) refuseJson("duplicate-name", `${field}.keyids`, item.offset);
    seen.add(id);
    const key = known.get(id);
    if (key !== undefined) keys.set(id, key);
  }
  return { keys, threshold: needInteger(object, "threshold", field, 1) };
}

function readFileFacts(object: JsonObject): FileFacts {
  const field = "signed.meta";
  const length = object.members.get("length");
  const hashes = object.members.get("hashes");
  return {
    version: needInteger(object, "version", field, 1),
    length: length === undefined ? undefined : asInteger(length, `${field}.length`, 0),
    hashes: hashes === undefined ? undefined : readHashes(asObject(hashes, `${field}.hashes`), field),
  };
}

function readHashes(object: JsonObject, field: string): ReadonlyMap<string, string> {
  if (object.members.size === 0) refuseJson("missing", `${field}.hashes`, object.offset);
  const hashes = new Map<string, string>();
  for (const [name, value] of object.members) hashes.set(name, asString(value, join(`${field}.hashes`, name)));
  return hashes;
}

function readTarget(path: string, object: JsonObject): TargetFile {
  const field = "signed.targets";
  const custom = object.members.get("custom");
  return {
    path,
    length: needInteger(object, "length", field, 0),
    hashes: readHashes(needObject(object, "hashes", field), field),
    custom: custom === undefined ? undefined : asObject(custom, `${field}.custom`),
  };
}

function readDelegations(object: JsonObject, context: KeyContext): Delegation[] {
  const field = "signed.delegations";
  const keys = readKeys(needObject(object, "keys", field), `${field}.keys`, context.schemes, context.crypto);
  const names = new Set<string>();
  return needArray(object, "roles", field).items.map((item) => {
    const role = asObject(item, `${field}.roles`);
    const name = needString(role, "name", `${field}.roles`);
    if (!isLegalRoleName(name)) refuseJson("wrong-value", `${field}.roles.name`, item.offset);
    if (names.has(name)) refuseJson("duplicate-name", `${field}.roles.${name}`, item.offset);
    names.add(name);
    const terminating = asBoolean(needMember(role, "terminating", `role ${name}`), `role ${name}.terminating`);
    return { ...readRoleKeys(role, name, keys), name, terminating, scope: readScope(role, name) };
  });
}

function readScope(role: JsonObject, name: string): DelegationScope {
  const paths = role.members.get("paths");
  const prefixes = role.members.get("path_hash_prefixes");
  const field = `role ${name}.paths`;
  if (paths !== undefined && prefixes !== undefined) refuseJson("not-allowed-here", field, prefixes.offset);
  const strings = (from: typeof paths): string[] =>
    from === undefined
      ? refuseJson("missing", field, role.offset)
      : asArray(from, field).items.map((item) => asString(item, field));
  return prefixes === undefined
    ? { kind: "paths", patterns: strings(paths) }
    : { kind: "hash-prefixes", prefixes: strings(prefixes) };
}
