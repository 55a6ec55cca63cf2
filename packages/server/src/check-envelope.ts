import type { Result } from "@sumac/cbor";
import type { SuitDigest } from "@sumac/suit";

/**
 * The wall between publishing and believing: whether an envelope met the vendor's trust policy, and the facts that an
 * offer needs. The server never takes an envelope apart itself. `checkWithVerifier` is the implementation.
 */
export type CheckEnvelope = (envelope: Uint8Array) => Result<CheckedEnvelope, EnvelopeRefusal>;

export interface CheckedEnvelope {
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** The `componentKey` of each component, in manifest order. */
  readonly components: readonly string[];
  readonly sequence: bigint;
  readonly manifestDigest: SuitDigest;
  /** What the manifest fetches from outside the envelope. */
  readonly payloads: readonly RemotePayload[];
  /** Signed text for people; never used for a decision. */
  readonly name?: string;
  readonly version?: string;
}

export interface RemotePayload {
  readonly uri: string;
  readonly digest: SuitDigest;
  /** Absent = the manifest states none. */
  readonly size?: bigint;
}

/** A refusal of the check, passed on with its facts. `code` is one of the verifier's, or one of `checkWithVerifier`. */
export interface EnvelopeRefusal {
  readonly code: string;
}
