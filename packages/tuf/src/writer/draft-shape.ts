import type { Crypto } from "@sumac/crypto";
import { isTopLevelRole, isWritableRoleName, topLevelRoles } from "../role-name.ts";
import { delegationFlaw } from "./delegation-change.ts";
import { holdRoot, holdSnapshot, holdTargets, holdTimestamp } from "./held-file.ts";
import { sealFile } from "./seal-file.ts";
import type { WireMetadata, WireTargets } from "./wire-metadata.ts";

const common = ["_type", "expires", "spec_version", "version"];

/** Everything that is shown before it is signed; nobody signs a member that no words exist for. */
const members: Readonly<Record<WireMetadata["_type"], readonly string[]>> = {
  root: [...common, "consistent_snapshot", "keys", "roles", "tree"],
  targets: [...common, "delegations", "targets"],
  snapshot: [...common, "meta"],
  timestamp: [...common, "issued", "meta", "tree"],
};

/**
 * Why something is no draft of a role, or none that this writer makes; undefined if it is one. The reader that devices
 * have looks first, so that nobody signs what no device takes.
 */
export function draftFlaw(role: string, draft: WireMetadata, crypto: Crypto): string | undefined {
  const type = isTopLevelRole(role) ? role : "targets";
  if (!isTopLevelRole(role) && !isWritableRoleName(role)) return "role name";
  if (draft._type !== type) return `draft of type ${String(draft._type)}`;
  const read = { root: holdRoot, targets: holdTargets, snapshot: holdSnapshot, timestamp: holdTimestamp }[type];
  const held = read(sealFile(draft, new Map()), "draft", crypto);
  if (!held.ok) return "field" in held.error ? `${held.error.field} ${held.error.reason}` : held.error.code;
  const unknown = Object.keys(draft).find((name) => !members[type].includes(name));
  if (unknown !== undefined) return `unknown member ${unknown}`;
  if (draft._type === "root") return otherRole(Object.keys(draft.roles));
  return draft._type === "targets" ? targetsFlaw(role, draft) : undefined;
}

/** A fifth role is refused by other clients, and would be shown by nobody. */
const otherRole = (names: readonly string[]): string | undefined => {
  const other = names.find((name) => !topLevelRoles.some((role) => role === name));
  return other === undefined ? undefined : `role ${other} in root`;
};

function targetsFlaw(role: string, { delegations, targets }: WireTargets): string | undefined {
  const roles = delegations?.roles ?? [];
  if (role !== "targets" && roles.length > 0) return "a line that delegates";
  if (role === "targets" && Object.keys(targets).length > 0) return "targets that lists releases";
  const unshown = roles.find(({ paths }) => paths === undefined);
  if (unshown !== undefined) return `${unshown.name} without paths`;
  const digestless = Object.entries(targets).find(([, { hashes }]) => hashes.sha256 === undefined);
  return digestless === undefined ? delegationFlaw(roles)?.code : `${digestless[0]} without sha256`;
}
