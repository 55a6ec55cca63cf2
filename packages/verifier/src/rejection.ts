import type { DigestName } from "@sumac/crypto";
import type { SeveredRefusal, SuitRefusal } from "@sumac/suit";
import type { DigestSubject, KeyPart, Profile } from "./profile.ts";
import type { DecryptionRejection } from "./stage-encrypted-image.ts";

/**
 * Every reason to refuse an update (trust.md 2, suit.md 6). Codes are public: logs, exit codes and tests use them, and
 * none is ever reused. Key ids and digests are lower-case hex; offsets count from the start of the envelope.
 */
export type Rejection =
  | SuitRefusal
  | { readonly code: "signature-invalid"; readonly keyId: string | null }
  | { readonly code: "signer-unknown"; readonly keyIds: readonly string[] }
  | {
      readonly code: "algorithm-not-allowed";
      readonly algorithm: number | bigint | null;
      readonly keyId: string | null;
    }
  | {
      readonly code: "threshold-not-met";
      readonly role: string;
      /** Distinct keys of `part` that signed. */
      readonly have: number;
      readonly need: number;
      /** In the hybrid profile the kind of keys that is missing: the other may well be complete. */
      readonly part: KeyPart;
    }
  /** A digest that the trust record's profile does not take as proof. */
  | {
      readonly code: "digest-not-allowed";
      readonly digest: DigestName;
      readonly of: DigestSubject;
      readonly profile: Profile;
    }
  | { readonly code: "manifest-digest-mismatch"; readonly claimed: string; readonly computed: string }
  | SeveredRefusal
  | { readonly code: "identity-missing"; readonly condition: "vendor-identifier" | "class-identifier" }
  | { readonly code: "wrong-vendor"; readonly offered: string; readonly offset: number }
  | { readonly code: "wrong-class"; readonly offered: string; readonly offset: number }
  | { readonly code: "wrong-device"; readonly offered: string; readonly offset: number }
  | { readonly code: "component-unknown"; readonly component: string }
  | { readonly code: "component-not-authorised"; readonly component: string; readonly role: string }
  | { readonly code: "rollback"; readonly offered: bigint; readonly floor: bigint }
  | { readonly code: "sequence-reused"; readonly sequence: bigint }
  | { readonly code: "expired"; readonly useBefore: bigint; readonly now: bigint }
  | { readonly code: "freshness-unknown"; readonly useBefore: bigint }
  | { readonly code: "not-approved"; readonly role: string; readonly have: number; readonly need: number }
  | { readonly code: "outside-window" }
  | { readonly code: "interlock" }
  | { readonly code: "condition-failed"; readonly condition: string; readonly offset: number }
  | {
      readonly code: "command-failed";
      readonly command: string;
      readonly offset: number;
      readonly because: CommandFailure;
    }
  /** A condition that needs to know what lies in a component, and nobody said. */
  | {
      readonly code: "component-state-unknown";
      readonly component: string;
      readonly condition: string;
      readonly offset: number;
    }
  /** `dependency` is its index, `because` why it is not accepted; offsets count in the outer envelope there too. */
  | {
      readonly code: "dependency-refused";
      readonly dependency: number;
      readonly offset: number;
      readonly because: Rejection;
    }
  | { readonly code: "image-match-missing"; readonly component: string; readonly offset: number }
  | ImageRejection
  | DecryptionRejection;

/** What can be wrong with a payload, once its envelope was accepted. */
export type ImageRejection =
  | { readonly code: "image-too-large"; readonly size: bigint; readonly limit: bigint }
  | { readonly code: "image-too-short"; readonly expected: bigint; readonly received: bigint }
  | { readonly code: "image-too-long"; readonly expected: bigint }
  | { readonly code: "image-digest-mismatch"; readonly expected: string; readonly computed: string }
  | { readonly code: "slot-readback-mismatch"; readonly expected: string; readonly computed: string };

export type RejectionCode = Rejection["code"];

/** Why a directive could not be carried out, or a manifest led nowhere. */
export type CommandFailure =
  | "parameter-missing"
  | "payload-missing"
  | "component-index"
  | "same-component"
  | "soft-failure-outside"
  | "nothing-to-try"
  | "too-many-commands"
  | "order-matters"
  | "component-not-fixed"
  | "in-shared-sequence"
  | "no-dependency"
  | "dependency-absent"
  | "dependency-unverified"
  | "dependency-replaced"
  | "dependency-passed-over";

/** Refusals that pass with time or a person's decision: the update is kept and asked about again, not failed. */
export function isWaiting(rejection: { readonly code: string }): boolean {
  return rejection.code === "not-approved" || rejection.code === "outside-window" || rejection.code === "interlock";
}
