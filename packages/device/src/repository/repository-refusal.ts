import type { TufRefusal } from "@sumac/tuf";

/**
 * A refusal by the vendor's signed repository, before or beside that of the envelope (docs/spec/device.md). The codes are
 * those of the repository's readers; `judgedBy` tells them from the verifier's codes of the same name.
 */
export type RepositoryRefusal = { readonly judgedBy: "repository" } & (TufRefusal | OwnRepositoryRefusal);

type OwnRepositoryRefusal =
  /** The server says of no target that it is the release: there is nothing to look up. */
  | { readonly code: "target-not-named" }
  /**
   * The repository has given the product line to keys that the device's trust record does not know, and the envelope is
   * signed by them: the record has to be updated first. `role` is the line's; `keyId` the first such key.
   */
  | { readonly code: "trust-update-missing"; readonly role: string; readonly keyId: string };

export const byRepository = (refusal: TufRefusal | OwnRepositoryRefusal): RepositoryRefusal => ({
  ...refusal,
  judgedBy: "repository",
});

/**
 * Time or a person at the plant can change the answer. So can a trust update; but an order that waited for it would stand
 * in its way.
 */
export const mayPassInRepository = ({ code }: RepositoryRefusal): boolean =>
  code === "freshness-unknown" || code === "not-approved";
