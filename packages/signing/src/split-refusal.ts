import type { InconsistentEnvelope } from "./envelope-consistency.ts";
import type { ContentKind } from "./recognise-content.ts";

/** The files that people carry when a release is signed in steps (docs/spec/split-signing.md). */
export type SplitFile = "signing-request" | "envelope-signature";

/** Why a step of split signing is refused. `file` names a signature file as the person did. */
export type SplitRefusal =
  | InconsistentEnvelope
  | { readonly code: "envelope-too-large"; readonly size: number; readonly limit: number }
  /** At prepare: roles that nobody could fulfil, or that would count a key twice. */
  | { readonly code: "request-roles-invalid"; readonly reason: RolesFlaw; readonly role: string }
  | {
      readonly code: "split-file-wrong";
      readonly wanted: SplitFile;
      readonly found: SplitFile | ContentKind | "unknown";
      readonly file: string;
    }
  | {
      readonly code: "split-file-malformed";
      readonly wanted: SplitFile;
      readonly field: string;
      readonly file: string;
    }
  /** A member of the request is not what its envelope and roles give. */
  | { readonly code: "request-altered"; readonly member: string }
  | { readonly code: "signer-not-asked"; readonly keyId: Uint8Array }
  | { readonly code: "signature-other-request"; readonly file: string; readonly sameRelease: "yes" | "no" }
  | { readonly code: "signature-by-stranger"; readonly file: string; readonly keyId: Uint8Array }
  /** `file` is absent when the envelope to be signed bears the key's signature already and the key was to sign again. */
  | { readonly code: "signature-twice"; readonly file?: string; readonly keyId: Uint8Array }
  | { readonly code: "signature-unverified"; readonly file: string; readonly keyId: Uint8Array }
  | {
      readonly code: "signatures-missing";
      readonly role: string;
      readonly have: number;
      readonly need: number;
      /** Those of the role that have not signed: any `need - have` of them are enough. */
      readonly keyIds: readonly Uint8Array[];
    };

export type RolesFlaw = "no-role" | "no-key" | "key-twice" | "role-twice" | "threshold" | "name" | "too-many";
