import { isTopLevelRole, metadataPath } from "../role-name.ts";

/**
 * One file to bring into a tree. `once`: a file that is never written again under its name; the same bytes are already
 * published, other bytes are a conflict. `replace`: timestamp.json alone.
 */
export interface PublishStep {
  /** Below the tree, with slashes: `metadata/2.root.json`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly write: "once" | "replace";
}

export interface RoleFile {
  readonly role: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export interface TargetFileBytes {
  /** Of `targetFilePath`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The order in which a tree is published (tuf.md 6): each step is whole before the next, and the timestamp, by which
 * clients learn of all others, comes last. Interrupted anywhere, clients see the state before. A new root goes first: if
 * it withdraws online keys, clients wait for the new timestamp rather than believe the old one.
 */
export function publishSteps(files: readonly RoleFile[], targets: readonly TargetFileBytes[]): readonly PublishStep[] {
  const targetSteps = targets.map(
    ({ path, bytes }): PublishStep => ({ path: `targets/${path}`, bytes, write: "once" }),
  );
  const roles = files.toSorted((a, b) => rank(a.role) - rank(b.role) || a.version - b.version).map(roleStep);
  const roots = files.filter(({ role }) => role === "root").length;
  return [...roles.slice(0, roots), ...targetSteps, ...roles.slice(roots)];
}

const order = ["root", "line", "targets", "snapshot", "timestamp"];

const rank = (role: string): number => order.indexOf(isTopLevelRole(role) ? role : "line");

const roleStep = ({ role, version, bytes }: RoleFile): PublishStep =>
  role === "timestamp"
    ? { path: `metadata/${metadataPath(role)}`, bytes, write: "replace" }
    : { path: `metadata/${metadataPath(role, version)}`, bytes, write: "once" };
