import type { Result } from "@sumac/cbor";
import type { Dependency, Envelope, Manifest, ResolvedMembers, SuitDigest } from "@sumac/suit";
import type { Signer } from "./authenticate.ts";
import type { Rejection } from "./rejection.ts";
import type { Standing } from "./rollback.ts";

/** A manifest that another one depends on, verified under its own roles: checks 2 to 7 of trust.md, like any update. */
export interface VerifiedDependency {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly manifestDigest: SuitDigest;
  readonly members: ResolvedMembers;
  readonly signers: readonly Signer[];
  readonly standing: Standing;
}

/** The envelope of a dependency where it was found: a claim, until it is verified. */
export interface CarriedDependency {
  /** Bytes of the envelope. */
  readonly size: bigint;
  /** Over its manifest, not its envelope: signatures and severed members come and go (suit.md 3). */
  readonly hasDigest: (digest: SuitDigest) => boolean;
  readonly verify: (dependency: Dependency) => Result<VerifiedDependency, Rejection>;
}

/** Finds what an envelope carries under a URI; undefined = nothing, so that it would have to be fetched from elsewhere. */
export type FindDependency = (uri: string) => Result<CarriedDependency, Rejection> | undefined;
