import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { isTopLevelRole, isWritableRoleName, metadataPath } from "../role-name.ts";
import type { PublishedVersion } from "./prune.ts";
import type { PublishStep } from "./publish-steps.ts";

/** A published file would be written again with other bytes: two people have published, or somebody has edited the tree. */
export class TreeConflict extends Error {
  readonly code = "published-file-differs";
  /** Below the tree. */
  readonly path: string;

  constructor(conflicting: string) {
    super(`${conflicting} is published already with other bytes`);
    this.name = "TreeConflict";
    this.path = conflicting;
  }
}

/** Something lies under the name of a file that no repository has there: opening it could wait for ever, or fill the memory. */
export class TreeFileUnusable extends Error {
  readonly code: "not-a-regular-file" | "file-too-large";
  readonly path: string;

  constructor(code: TreeFileUnusable["code"], file: string) {
    super(`${file}: ${code}`);
    this.name = "TreeFileUnusable";
    this.code = code;
    this.path = file;
  }
}

/** Larger files are none of ours. */
const largestFile = 16_000_000;

/**
 * Brings files into a tree, in order, each whole before the next begins: temporary file, fsync, link or rename, fsync of
 * the folder. A file written `once` is never written again; the same bytes are taken as done, so an interrupted
 * publication is simply repeated. Faults of the disk are thrown as Node gives them.
 */
export function writeTree(tree: string, steps: readonly PublishStep[]): void {
  for (const step of steps) writeStep(tree, step);
}

function writeStep(tree: string, step: PublishStep): void {
  const target = path.join(tree, ...step.path.split("/"));
  if (step.write === "once" && isThere(target, step)) {
    // Whoever wrote it may have been killed before the folder was on disk.
    syncFolder(path.dirname(target));
    return;
  }
  makeFolders(path.dirname(target));
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    writeSynced(temporary, step.bytes);
    if (step.write === "replace") renameSync(temporary, target);
    else linkOnce(temporary, target, step);
  } finally {
    removeQuietly(temporary);
  }
  syncFolder(path.dirname(target));
}

function isThere(target: string, { path: name, bytes }: PublishStep): boolean {
  const found = readIfThere(target);
  if (found === undefined) return false;
  if (Buffer.compare(found, bytes) !== 0) throw new TreeConflict(name);
  return true;
}

/** A link, unlike a rename, fails where somebody else has just published under the name. */
function linkOnce(temporary: string, target: string, step: PublishStep): void {
  try {
    linkSync(temporary, target);
  } catch (fault) {
    const code = codeOf(fault);
    if (code === "EEXIST") {
      isThere(target, step);
    } else if (["EPERM", "ENOTSUP", "EOPNOTSUPP"].includes(code)) {
      // No hard links here (FAT on a stick): the check before is all there is.
      renameSync(temporary, target);
    } else {
      throw fault;
    }
  }
}

/** New folders are on disk before anything is in them. */
function makeFolders(folder: string): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made === undefined) return;
  for (let at = folder; at.length >= made.length; at = path.dirname(at)) syncFolder(path.dirname(at));
}

function writeSynced(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, "wx", 0o644);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Renamed, or never made.
  }
}

/** The versions of every role that lie in the tree, ascending. Names nobody here writes are passed over. */
export function listVersions(tree: string): ReadonlyMap<string, readonly PublishedVersion[]> {
  const found = new Map<string, PublishedVersion[]>();
  for (const name of namesIn(path.join(tree, "metadata"))) {
    const parts = /^([1-9]\d{0,15})\.([a-z][a-z0-9-]{0,62})\.json$/.exec(name);
    const [, version = "", role = ""] = parts ?? [];
    if (parts === null || !(isTopLevelRole(role) || isWritableRoleName(role))) continue;
    const list = found.get(role) ?? [];
    list.push({ role, version: Number(version), publishedAt: 0n });
    found.set(role, list);
  }
  for (const list of found.values()) list.sort((a, b) => a.version - b.version);
  return found;
}

/** The same with the time at which each file came into the tree; a look at every file. */
export const withTimes = (tree: string, versions: Iterable<PublishedVersion>): PublishedVersion[] =>
  Array.from(versions, (file) => ({
    ...file,
    publishedAt: BigInt(Math.floor(statSync(metadataFile(tree, file.role, file.version)).mtimeMs / 1000)),
  }));

export const metadataFile = (tree: string, role: string, version?: number): string =>
  path.join(tree, "metadata", metadataPath(role, version));

/** A file of metadata as it lies in the tree; undefined if there is none. */
export const readMetadata = (tree: string, role: string, version?: number): Uint8Array | undefined =>
  readIfThere(metadataFile(tree, role, version));

/** The file of a target; `name` is `targetFilePath`. */
export const readTargetFile = (tree: string, name: string): Uint8Array | undefined =>
  readIfThere(path.join(tree, "targets", ...name.split("/")));

/** Removes versions that `prunable` named; one that is gone is no fault. */
export function removeVersions(tree: string, versions: readonly PublishedVersion[]): void {
  for (const { role, version } of versions) removeQuietly(metadataFile(tree, role, version));
}

function readIfThere(file: string): Uint8Array | undefined {
  const descriptor = openIfThere(file);
  if (descriptor === undefined) return undefined;
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new TreeFileUnusable("not-a-regular-file", file);
    if (stats.size > largestFile) throw new TreeFileUnusable("file-too-large", file);
    return new Uint8Array(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(file: string): number | undefined {
  try {
    // Non-blocking: opening a pipe nobody writes to would wait for ever.
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return undefined;
    throw fault;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
}

const codeOf = (fault: unknown): string => (fault as NodeJS.ErrnoException).code ?? "";
