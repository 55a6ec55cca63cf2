import type { RootMetadata, SnapshotMetadata, TargetsMetadata, TimestampMetadata } from "../metadata.ts";
import type { TimedContext } from "./refresh-context.ts";
import type { Verified } from "./verified-file.ts";

/** A repository whose top-level metadata was verified. `findTarget` looks targets up in it, by steps. */
export interface TrustedRepository {
  readonly root: RootMetadata;
  readonly timestamp: TimestampMetadata;
  readonly snapshot: SnapshotMetadata;
  readonly targets: TargetsMetadata;
  /** Top-level roles whose expiry could not be judged for want of a trusted time. */
  readonly unknownFreshness: readonly string[];
  readonly context: TimedContext;
  /** Role files accepted so far, with the delegator they were accepted for. */
  readonly roles: Map<string, AcceptedRole>;
  /** Who delegates to a role, of all delegations read so far. */
  readonly delegators: Map<string, string>;
}

export interface AcceptedRole {
  readonly delegator: string;
  readonly targets: Verified<TargetsMetadata>;
  /** Set when a newer file of the role is known from the other tree: `targets` is then that one. */
  readonly inTree?: Verified<TargetsMetadata>;
}
