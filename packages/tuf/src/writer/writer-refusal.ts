import type { LifetimeClass } from "./lifetimes.ts";

/** A change that would make metadata no client should be asked to read (tuf.md 3 to 5). Ids are lower-case hex. */
export type ChangeRefusal =
  | {
      readonly code: "name-not-writable";
      readonly what: "line" | "role" | "path" | "pattern" | "model";
      readonly name: string;
    }
  | { readonly code: "key-repeated"; readonly role: string; readonly keyId: string }
  | { readonly code: "key-type-not-written"; readonly role: string; readonly scheme: string }
  | { readonly code: "key-present"; readonly role: string; readonly keyId: string }
  | { readonly code: "key-absent"; readonly role: string; readonly keyId: string }
  | { readonly code: "threshold-unreachable"; readonly role: string; readonly threshold: number; readonly keys: number }
  | { readonly code: "delegation-present"; readonly role: string }
  | { readonly code: "delegation-absent"; readonly role: string; readonly known: readonly string[] }
  | { readonly code: "delegations-overlap"; readonly role: string; readonly other: string; readonly pattern: string }
  | { readonly code: "delegation-nested"; readonly role: string }
  | { readonly code: "role-full"; readonly role: string; readonly limit: number }
  | { readonly code: "target-present"; readonly path: string }
  | { readonly code: "target-absent"; readonly path: string; readonly role: string }
  | { readonly code: "target-outside-role"; readonly path: string; readonly role: string }
  | { readonly code: "text-not-ascii"; readonly field: string }
  | {
      readonly code: "lifetime-out-of-range";
      readonly of: LifetimeClass;
      readonly seconds: number;
      readonly least: number;
      readonly most: number;
    }
  | { readonly code: "nothing-to-change"; readonly role: string }
  | { readonly code: "version-exhausted"; readonly role: string };

/** A step of a ceremony with the wrong file, the wrong person, or at the wrong time. */
export type CeremonyRefusal =
  | { readonly code: "not-a-request"; readonly reason: string }
  | { readonly code: "not-a-signature-file"; readonly reason: string }
  /** The request's words and its bytes are not the same. */
  | { readonly code: "request-altered"; readonly claimed: string; readonly computed: string }
  | { readonly code: "digest-unexpected"; readonly expected: string; readonly computed: string }
  /** The repository went on since; `current` is its version of the role. */
  | { readonly code: "request-outdated"; readonly role: string; readonly version: number; readonly current: number }
  /** The draft expires before it could be used, or lives longer than policy allows: one of the clocks is off. */
  | { readonly code: "draft-expired"; readonly role: string; readonly expires: string; readonly now: string }
  | { readonly code: "draft-lives-too-long"; readonly role: string; readonly expires: string; readonly now: string }
  | { readonly code: "signer-not-asked"; readonly role: string; readonly keyId: string }
  | {
      readonly code: "signature-of-other-draft";
      readonly keyId: string;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly code: "signature-invalid"; readonly role: string; readonly keyId: string }
  | { readonly code: "signatures-missing"; readonly role: string; readonly missing: readonly MissingSignatures[] };

/** Of one key list that has to be satisfied; a new root has two of them. */
export interface MissingSignatures {
  /** `root 1`: the role and version that lists these keys. */
  readonly authority: string;
  readonly have: number;
  readonly need: number;
  /** Who could still sign. */
  readonly open: readonly string[];
}

/** The tree as a whole does not hold together yet. */
export type PublishRefusal =
  | { readonly code: "role-not-written"; readonly role: string }
  /** The role is there, but signed by too few of the keys that are in force now. */
  | {
      readonly code: "role-not-signed";
      readonly role: string;
      readonly authority: string;
      readonly have: number;
      readonly need: number;
    }
  | { readonly code: "role-expired"; readonly role: string; readonly expires: string }
  /** This machine's clock is behind the time at which the last timestamp was signed. */
  | { readonly code: "clock-behind"; readonly now: string; readonly issued: string }
  | { readonly code: "key-not-of-role"; readonly role: string; readonly keyIds: readonly string[] }
  | { readonly code: "file-not-metadata"; readonly file: string; readonly reason: string }
  | { readonly code: "target-file-missing"; readonly path: string }
  | { readonly code: "target-file-differs"; readonly path: string };

export type WriterRefusal = ChangeRefusal | CeremonyRefusal | PublishRefusal;
