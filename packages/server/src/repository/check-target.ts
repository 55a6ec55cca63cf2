import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { type Manifest, manifestFacts } from "@sumac/suit";
import { type Delegation, type JsonObject, matchCustom, type TufRefusal } from "@sumac/tuf";
import { readTrustUpdate, trustKey, verifyEnvelope } from "@sumac/verifier";
import type { OwnRepositoryRefusal } from "./repository-refusal.ts";

/** An envelope as a role is about to list it. */
export interface OfferedTarget {
  readonly path: string;
  readonly custom: JsonObject | undefined;
  readonly delegation: Delegation;
  readonly bytes: Uint8Array;
}

export type CheckTarget = (target: OfferedTarget) => Result<"listed", TufRefusal | OwnRepositoryRefusal>;

/**
 * What every device will ask: the keys of the line have signed the envelope, and `custom` says what the envelope says. Told
 * to whoever publishes, before a device refuses it. A trust update is signed by root keys, which devices know.
 */
export const checkTargetWithVerifier =
  (crypto: Crypto, now: () => bigint): CheckTarget =>
  ({ path, custom, delegation, bytes }) => {
    const { name, threshold } = delegation;
    const keys = [...delegation.keys.values()].flatMap(({ usable }) =>
      usable?.publicKey === undefined ? [] : [trustKey(usable.publicKey, crypto)],
    );
    const trustUpdate = readTrustUpdate(bytes, crypto);
    if (trustUpdate !== undefined) return compare(trustUpdate, path, name, custom);
    const verdict = verifyEnvelope(bytes, {
      crypto,
      trust: { roles: [{ name, purpose: "release", threshold, keys, components: "any" }], legacyAlgorithms: [] },
      recipient: { vendorIds: "any", classIds: "any", deviceIds: "any", components: "any" },
      installed: { floor: 0n },
      now: now(),
      absentMembers: "leave-out",
    });
    if (!verdict.ok) return err({ code: "target-refused", path, because: verdict.error.code });
    return compare(verdict.value.manifest, path, name, custom);
  };

function compare(
  manifest: Manifest,
  path: string,
  role: string,
  custom: JsonObject | undefined,
): ReturnType<CheckTarget> {
  const facts = manifestFacts(manifest);
  if (!facts.ok) return err({ code: "target-refused", path, because: facts.error.code });
  const matched = matchCustom({ path, role, custom }, { line: path.split("/")[0] ?? "", ...facts.value });
  return matched.ok ? ok("listed") : matched;
}
