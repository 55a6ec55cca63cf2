import type { JsonMalformed } from "./json-refusal.ts";
import type { Tree } from "./metadata.ts";

/**
 * Every reason to refuse repository metadata, a target or a bundle's tree (tuf.md 10 and 11). Codes are public: logs, exit
 * codes and tests use them, and none is ever reused. Key ids and digests are lower-case hex, times seconds since 1970,
 * lengths bytes; `file` is the name of a file in the repository, `role` the name of a role.
 */
export type TufRefusal =
  | (JsonMalformed & { readonly file: string })
  | (KeyRefusal & { readonly file: string })
  | { readonly code: "duplicate-signature"; readonly file: string; readonly keyId: string; readonly offset: number }
  /** `have` counts distinct keys; `authority` is the role, for a root also the version, whose key list was asked. */
  | {
      readonly code: "threshold-not-met";
      readonly role: string;
      readonly authority: string;
      readonly have: number;
      readonly need: number;
    }
  /** The threshold would need a key of a scheme that this verifier does not allow. */
  | { readonly code: "algorithm-not-allowed"; readonly role: string; readonly keyId: string; readonly scheme: string }
  /** `have` is what was seen before, or the factory minimum. */
  | {
      readonly code: "rollback";
      readonly role: string;
      readonly have: number;
      readonly offered: number;
      readonly since: "stored" | "factory";
    }
  | { readonly code: "root-version-gap"; readonly expected: number; readonly offered: number }
  | { readonly code: "version-mismatch"; readonly role: string; readonly listed: number; readonly offered: number }
  | { readonly code: "expired"; readonly role: string; readonly expires: bigint; readonly time: bigint }
  /** No trusted time: nobody can say whether these files are current. */
  | { readonly code: "freshness-unknown"; readonly roles: readonly string[] }
  /** The clock is later than this software can be in use, or than the root lives. */
  | { readonly code: "clock-implausible"; readonly clock: bigint; readonly limit: bigint }
  /** `received` is undefined for a file that was cut off when it went over `expected`. */
  | {
      readonly code: "length-mismatch";
      readonly file: string;
      readonly expected: number;
      readonly received: number | undefined;
    }
  | {
      readonly code: "digest-mismatch";
      readonly file: string;
      readonly algorithm: string;
      readonly expected: string;
      readonly computed: string;
    }
  /** The list of digests has none that this verifier knows. */
  | { readonly code: "digest-unknown"; readonly file: string; readonly algorithms: readonly string[] }
  | { readonly code: "too-large"; readonly file: string; readonly limit: number }
  | { readonly code: "stalled"; readonly file: string }
  /** The server says that it has no such file. */
  | { readonly code: "file-missing"; readonly file: string }
  /** The server cannot be reached, and nothing usable is stored. */
  | { readonly code: "not-stored"; readonly file: string }
  /** A role that a former snapshot listed. */
  | { readonly code: "role-removed"; readonly role: string }
  | { readonly code: "role-missing"; readonly role: string }
  /** Two delegators lead to one role. */
  | { readonly code: "role-ambiguous"; readonly role: string; readonly delegators: readonly string[] }
  | { readonly code: "target-unknown"; readonly target: string }
  | { readonly code: "search-too-long"; readonly target: string; readonly limit: number }
  | { readonly code: "wrong-tree"; readonly file: string; readonly expected: Tree; readonly offered: Tree }
  | CustomMismatch
  | PlantRefusal;

export type TufRefusalCode = TufRefusal["code"];

/** Found while keys are read. */
export type KeyRefusal =
  | {
      readonly code: "keyid-mismatch";
      readonly keyId: string;
      readonly computed: string;
      readonly offset: number;
    }
  /** Two key objects of one private key. */
  | { readonly code: "duplicate-key"; readonly keyIds: readonly string[]; readonly offset: number };

/** Target and envelope say different things; `null` is said by nobody. */
export interface CustomMismatch {
  readonly code: "custom-mismatch";
  readonly member: string;
  readonly tuf: string | null;
  readonly suit: string | null;
}

/** The plant's repository against the vendor's (tuf.md 7). The first waits, the second is a security event. */
export type PlantRefusal =
  | { readonly code: "not-approved"; readonly target: string }
  | {
      readonly code: "plant-disagrees";
      readonly target: string;
      readonly member: string;
      readonly vendor: string | null;
      readonly plant: string | null;
    };

/** What is told and does not refuse. */
export type TufNote =
  /** Nothing stored and no factory minimum: an old, unexpired repository would look the same. */
  | { readonly code: "first-contact" }
  /** A signature beside enough valid ones that is invalid, or empty. */
  | { readonly code: "signature-ignored"; readonly role: string; readonly keyId: string }
  /** Signed again under a version that was seen with other content; the stored file stays. */
  | { readonly code: "same-version-other-content"; readonly role: string; readonly version: number }
  | { readonly code: "stored-file-unusable"; readonly file: string; readonly because: TufRefusal }
  /** Keys of snapshot or timestamp were withdrawn: their stored files no longer count. */
  | { readonly code: "online-keys-changed"; readonly root: number }
  | { readonly code: "server-not-reached"; readonly file: string }
  | { readonly code: "freshness-not-known"; readonly role: string }
  /** More roots wait on the server than are followed at once; the next refresh goes on. */
  | { readonly code: "root-chain-interrupted"; readonly version: number };
