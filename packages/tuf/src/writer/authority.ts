import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type { RoleKeys } from "../metadata.ts";
import { isTopLevelRole } from "../role-name.ts";
import type { SignedFile } from "../signed-file.ts";
import type { TufKey } from "../tuf-key.ts";
import { countSignatures } from "../verify-signatures.ts";
import type { HeldRoot, HeldTargets } from "./held-file.ts";
import type { MissingSignatures, WriterRefusal } from "./writer-refusal.ts";

/** A key list that has to be satisfied before a file is valid. */
export interface Authority {
  /** The role and version that lists the keys: `root 2`. */
  readonly name: string;
  readonly keys: RoleKeys;
}

export interface InForce {
  readonly root: HeldRoot | undefined;
  readonly targets: HeldTargets | undefined;
}

/**
 * Whose signatures a file of the role needs: of a root those of the one before and its own, of a line those that the
 * present targets file names. `draft` is the root itself where the role is root.
 */
export function authoritiesFor(
  role: string,
  { root, targets }: InForce,
  draft: HeldRoot | undefined,
): Result<readonly Authority[], WriterRefusal> {
  if (role === "root") {
    const roots = [root, draft].filter((held) => held !== undefined);
    return ok(roots.map((held) => ({ name: `root ${held.metadata.version}`, keys: held.metadata.roles.root })));
  }
  if (root === undefined) return err({ code: "role-not-written", role: "root" });
  if (isTopLevelRole(role)) return ok([{ name: `root ${root.metadata.version}`, keys: root.metadata.roles[role] }]);
  if (targets === undefined) return err({ code: "role-not-written", role: "targets" });
  const delegation = targets.metadata.delegations.find(({ name }) => name === role);
  if (delegation === undefined) {
    return err({ code: "delegation-absent", role, known: targets.metadata.delegations.map(({ name }) => name) });
  }
  return ok([{ name: `targets ${targets.metadata.version}`, keys: delegation }]);
}

/** Which key lists a file does not satisfy yet, and who of them has not signed. Empty: it is valid. */
export function missingSignatures(
  file: SignedFile,
  authorities: readonly Authority[],
  crypto: Crypto,
): readonly MissingSignatures[] {
  const signed = new Set(file.signatures.map(({ keyId }) => keyId));
  return authorities.flatMap(({ name, keys }) => {
    const { have } = countSignatures(file, keys, crypto);
    const open = [...keys.keys.keys()].filter((id) => !signed.has(id));
    return have >= keys.threshold ? [] : [{ authority: name, have, need: keys.threshold, open }];
  });
}

/** The key of an id in any of the lists. */
export function keyOf(authorities: readonly Authority[], keyId: string): TufKey | undefined {
  for (const { keys } of authorities) {
    const key = keys.keys.get(keyId);
    if (key !== undefined) return key;
  }
  return undefined;
}
