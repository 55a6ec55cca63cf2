import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { RoleKeys } from "@sumac/tuf";
import type { HeldRoot, HeldTargets, MetadataSigner } from "@sumac/tuf/writer";
import type { OnlineKeyRefusal } from "./repository-refusal.ts";

/**
 * A stolen server may freeze and hide, and no more: that holds only while none of its keys speaks for a role that is
 * signed offline. Compared by the key itself, so that no second id hides it.
 */
export function checkOnlineKeys(
  signers: readonly MetadataSigner[],
  root: HeldRoot,
  targets: HeldTargets | undefined,
): Result<"apart", OnlineKeyRefusal> {
  const { roles } = root.metadata;
  const offline: readonly (readonly [string, RoleKeys])[] = [
    ["root", roles.root],
    ["targets", roles.targets],
    ...(targets?.metadata.delegations ?? []).map((delegation) => [delegation.name, delegation] as const),
  ];
  for (const [role, { keys }] of offline) {
    for (const { keyId, usable } of keys.values()) {
      const same = signers.some(
        (signer) =>
          bytesToHex(signer.keyId) === keyId ||
          (usable?.publicKey !== undefined && equalBytes(usable.publicKey.bytes, signer.publicKey.bytes)),
      );
      if (same) return err({ code: "online-key-offline-role", role, keyId });
    }
  }
  return ok("apart");
}
