import type { Result } from "@sumac/cbor";
import {
  defaultLimits,
  type Envelope,
  type Limits,
  type Manifest,
  type ResolvedMembers,
  type SuitDigest,
} from "@sumac/suit";
import type { Signer } from "./authenticate.ts";
import type { VerifiedDependency } from "./carried-dependency.ts";
import { everyPart } from "./every-part.ts";
import type { DependencyContext } from "./find-dependency.ts";
import type { JudgeContext } from "./judge-manifest.ts";
import { judgeUpdate } from "./judge-update.ts";
import type { Plan } from "./plan.ts";
import type { Installed, Operations } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import type { Standing } from "./rollback.ts";

declare const verified: unique symbol;

/** An update that may be installed here and now. Only `verifyEnvelope` makes one. */
export interface VerifiedUpdate {
  readonly [verified]: true;
  readonly manifest: Manifest;
  readonly manifestDigest: SuitDigest;
  readonly envelope: Envelope;
  /** Severed members that came along, matched against their digests. */
  readonly members: ResolvedMembers;
  readonly signers: readonly Signer[];
  readonly standing: Standing;
  readonly plan: Plan;
  /** By their index in the manifest; steps of the plan name it. Empty unless dependencies are processed. */
  readonly dependencies: ReadonlyMap<number, VerifiedDependency>;
}

export interface VerifyContext extends JudgeContext {
  readonly installed: Installed;
  /** Seconds since 1970 by a clock that is trusted (trust.md 4). Absent = no trusted time: what expires is then refused. */
  readonly now?: bigint;
  /** The time is not earlier than this, also where no clock is trusted: what ended before it is over. */
  readonly timeAtLeast?: bigint;
  /** Absent: nobody operates here, so nothing has to be waited for (offline verification). */
  readonly operations?: Operations;
  readonly limits?: Limits;
  /** Absent: a manifest that depends on another one is `unsupported`. */
  readonly dependencies?: DependencyContext;
}

/**
 * May this update be installed here? Checks 1 to 9 of trust.md section 2, in that order, each with its own refusal;
 * `bytes` must not change afterwards, and everything in the answer is a view of them (MFST.CONST). Pure: the images
 * themselves are checked when they arrive (`stageImage`, `matchSlot`).
 */
export const verifyEnvelope = (bytes: Uint8Array, context: VerifyContext): Result<VerifiedUpdate, Rejection> =>
  judgeUpdate(bytes, { ...context, limits: context.limits ?? defaultLimits }, everyPart);
