/**
 * Why the server publishes no offered file, beside what the readers and writers of `@sumac/tuf` answer. Key ids are
 * lower-case hex.
 */
export type OwnRepositoryRefusal =
  | OnlineKeyRefusal
  /** Published already under this version, with other bytes: a version is never used again. */
  | { readonly code: "role-conflict"; readonly role: string; readonly version: number }
  /** The role lists an envelope that its own keys have not signed, or that says no single vendor or class. */
  | { readonly code: "target-refused"; readonly path: string; readonly because: string }
  /** Another delegation comes first, and would answer for the path. */
  | { readonly code: "target-ambiguous"; readonly path: string; readonly role: string; readonly found: string };

/** A key that the server holds would speak for a role that has to be signed offline. */
export interface OnlineKeyRefusal {
  readonly code: "online-key-offline-role";
  readonly role: string;
  readonly keyId: string;
}
