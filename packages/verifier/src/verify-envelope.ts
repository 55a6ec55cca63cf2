import { err, ok, type Result } from "@sumac/cbor";
import {
  commonLabel,
  type Envelope,
  type Limits,
  type Manifest,
  parseEnvelope,
  type ResolvedMembers,
  type SuitDigest,
} from "@sumac/suit";
import type { Authentication, Signer } from "./authenticate.ts";
import type { VerifiedDependency } from "./carried-dependency.ts";
import { type DependencyContext, findDependencyIn } from "./find-dependency.ts";
import { type JudgeContext, type JudgedManifest, judgeManifest, judgeRights } from "./judge-manifest.ts";
import type { Plan } from "./plan.ts";
import { judgeManifestDigests } from "./profile.ts";
import type { Installed, Operations } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import type { Standing } from "./rollback.ts";
import { Machine } from "./run-commands.ts";
import { invocationSections, updateSections } from "./sections.ts";
import { profileOf } from "./trust-record.ts";

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
export function verifyEnvelope(bytes: Uint8Array, context: VerifyContext): Result<VerifiedUpdate, Rejection> {
  const envelope = parseEnvelope(bytes, context.limits);
  if (!envelope.ok) return envelope;
  const place = { limits: context.limits, prefix: [], installed: () => context.installed };
  const judged = judgeManifest(envelope.value, place, context);
  if (!judged.ok) return judged;
  const { manifest, members, authentication, standing } = judged.value;
  const misplaced = judgePlace(manifest, authentication, context);
  if (misplaced !== undefined) return err(misplaced);

  const planned = planUpdate(judged.value, context);
  if (!planned.ok) return planned;
  const weak = judgeManifestDigests(judged.value, profileOf(context.trust));
  if (weak !== undefined) return err(weak);
  const waiting = judgeOwner(authentication, context.operations);
  if (waiting !== undefined) return err(waiting);

  const { signers } = authentication;
  const manifestDigest = envelope.value.digest;
  const update = { envelope: envelope.value, manifest, manifestDigest, members, signers, standing, ...planned.value };
  return ok(update as unknown as VerifiedUpdate);
}

/**
 * trust-domains: what a manifest asks for beyond its components. Where it wants to be kept is a place to write like any
 * other; what it depends on must never be passed over in silence.
 */
function judgePlace(
  manifest: Manifest,
  authentication: Authentication,
  { dependencies }: VerifyContext,
): Rejection | undefined {
  const { manifestComponentId: id } = manifest;
  const unauthorised = id && judgeRights(id, authentication);
  if (unauthorised !== undefined) return unauthorised;
  const depends = manifest.layout.find(({ name }) => name === "dependencies");
  if (depends === undefined || dependencies !== undefined) return undefined;
  return { code: "unsupported", field: "manifest.common", label: commonLabel.dependencies, offset: depends.offset };
}

/** Checks 8 and 10 (sizes): both procedures of the manifest, worked out before anything is done. */
function planUpdate(
  { envelope, program }: JudgedManifest,
  context: VerifyContext,
): Result<Pick<VerifiedUpdate, "plan" | "dependencies">, Rejection> {
  const { recipient, facts, dependencies, limits } = context;
  const machine = new Machine({
    program,
    recipient,
    useBefore: { now: context.now },
    ...(facts && { facts }),
    ...(dependencies && { findDependency: findDependencyIn(envelope, dependencies, limits, context) }),
  });
  const update = machine.runProcedure(updateSections);
  if (!update.ok) return update;
  const invocation = machine.runProcedure(invocationSections);
  if (!invocation.ok) return invocation;
  return ok({ plan: { update: update.value, invocation: invocation.value }, dependencies: machine.dependencies });
}

/** Check 9: the plant's approval, window and interlock. They hold an update back and can never let one through. */
function judgeOwner({ approvals }: Authentication, operations: Operations | undefined): Rejection | undefined {
  const open = approvals.find(({ role, have }) => have < role.threshold);
  if (open !== undefined) {
    return { code: "not-approved", role: open.role.name, have: open.have, need: open.role.threshold };
  }
  if (operations?.window === "closed") return { code: "outside-window" };
  if (operations?.interlock === "engaged") return { code: "interlock" };
  return undefined;
}
