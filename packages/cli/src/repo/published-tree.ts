import type { PublishStep } from "@sumac/tuf/writer";
import { readMetadata, readTargetFile, TreeConflict, TreeFileUnusable, writeTree } from "@sumac/tuf/writer/node";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";
import { fileFailure } from "../system-failure.ts";

/** Files of the tree that devices are served. What the disk or another hand has made of them is told by name. */
export const publishedMetadata = (tree: string, role: string, version?: number): Uint8Array | undefined =>
  telling(tree, () => readMetadata(tree, role, version));

/** A file of `metadata/` by the name that clients ask for. */
export function metadataByName(tree: string, name: string): Uint8Array | undefined {
  const [, version, role = ""] = /^(?:([1-9]\d{0,15})\.)?([a-z][a-z0-9-]*)\.json$/.exec(name) ?? [];
  if (role === "") return undefined;
  return publishedMetadata(tree, role, version === undefined ? undefined : Number(version));
}

/** `name` is `targetFilePath`. */
export const publishedTarget = (tree: string, name: string): Uint8Array | undefined =>
  telling(tree, () => readTargetFile(tree, name));

/** `writeTree`, for people. */
export const bring = (tree: string, steps: readonly PublishStep[]): void => telling(tree, () => writeTree(tree, steps));

function telling<T>(tree: string, action: () => T): T {
  try {
    return action();
  } catch (fault) {
    if (fault instanceof TreeConflict) throw conflict(fault);
    if (fault instanceof TreeFileUnusable) throw unusable(fault);
    throw fileFailure(fault, (fault as NodeJS.ErrnoException).path ?? tree);
  }
}

const conflict = ({ code, path }: TreeConflict): Failure =>
  new Failure({
    code,
    problem: `${path} is there already with other bytes: a publication was interrupted, or two ran at once`,
    remedy: `no device has seen it unless a timestamp names it; move ${path} away and run the command again`,
    exit: exitCode.refused,
  });

const unusable = ({ code, path }: TreeFileUnusable): Failure =>
  code === "file-too-large"
    ? unavailable(code, `${path} is larger than any file of a repository`, "restore it from a copy of the tree")
    : unavailable(code, `${path} is a folder, a pipe or a device, not a file`, "restore it from a copy of the tree");
