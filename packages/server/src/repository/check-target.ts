import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { manifestFacts } from "@sumac/suit";
import { type Delegation, type JsonObject, matchCustom, type TufRefusal } from "@sumac/tuf";
import { trustKey, verifyEnvelope } from "@sumac/verifier";
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
 * to whoever publishes, before a device refuses it.
 */
export const checkTargetWithVerifier =
  (crypto: Crypto, now: () => bigint): CheckTarget =>
  ({ path, custom, delegation, bytes }) => {
    const { name, threshold } = delegation;
    const keys = [...delegation.keys.values()].flatMap(({ usable }) =>
      usable?.publicKey === undefined ? [] : [trustKey(usable.publicKey, crypto)],
    );
    const verdict = verifyEnvelope(bytes, {
      crypto,
      trust: { roles: [{ name, purpose: "release", threshold, keys, components: "any" }], legacyAlgorithms: [] },
      recipient: { vendorIds: "any", classIds: "any", deviceIds: "any", components: "any" },
      installed: { floor: 0n },
      now: now(),
      absentMembers: "leave-out",
    });
    if (!verdict.ok) return err({ code: "target-refused", path, because: verdict.error.code });
    const facts = manifestFacts(verdict.value.manifest);
    if (!facts.ok) return err({ code: "target-refused", path, because: facts.error.code });
    const matched = matchCustom({ path, role: name, custom }, { line: path.split("/")[0] ?? "", ...facts.value });
    return matched.ok ? ok("listed") : matched;
  };
