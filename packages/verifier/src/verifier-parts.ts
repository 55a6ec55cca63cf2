import type { Envelope, Limits, Manifest } from "@sumac/suit";
import type { ConditionJudges } from "./conditions.ts";
import type { DependencyRun } from "./dependency-run.ts";
import type { ProfileRule } from "./profile.ts";
import type { Rejection } from "./rejection.ts";
import type { TrustRecord } from "./trust-record.ts";
import type { VerifyContext } from "./verify-envelope.ts";

/** `VerifyContext` with what it may leave out decided. */
export type BoundedContext = VerifyContext & { readonly limits: Limits };

/**
 * What a verifier carries beyond manifest-37 and the classic profile, as values, so that a small one does not carry what it
 * never uses. Whatever is not carried is refused: a part can only be left out, not forgotten.
 */
export interface VerifierParts {
  /** Absent: those of the core; any other is refused as unknown. */
  readonly conditions?: ConditionJudges;
  /** Absent: a manifest that lists dependencies is refused. */
  readonly dependencies?: DependencyPart;
  /** Absent: the classic profile only. */
  readonly ruleOf?: (trust: TrustRecord) => ProfileRule;
}

export interface DependencyPart {
  /** Refuses a manifest that depends on another one, where nobody processes that. */
  judge(manifest: Manifest, context: BoundedContext): Rejection | undefined;
  start(envelope: Envelope, context: BoundedContext, parts: VerifierParts): DependencyRun;
}
