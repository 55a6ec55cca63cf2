import type { TargetFile } from "./metadata.ts";
import { encodeName } from "./role-name.ts";

/**
 * Whether a target can be asked for at all: no empty, `.` or `..` segment, which clients and servers resolve, each in its
 * own way, and no control character.
 */
export function isLegalTargetPath(path: string): boolean {
  const isControl = (character: string): boolean => character < " " || character === "\u007f";
  if (path.includes("\\") || [...path].some(isControl)) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

/** URL path of a target below the targets folder. With consistent snapshots its digest stands before the last segment. */
export function targetUrlPath(target: TargetFile, consistentSnapshot: boolean): string {
  const segments = target.path.split("/");
  const last = segments.pop() ?? "";
  const digest = target.hashes.get("sha256") ?? [...target.hashes.values()][0];
  const name = consistentSnapshot && digest !== undefined ? `${digest}.${last}` : last;
  return [...segments, name].map(encodeName).join("/");
}
