import { err, ok, type Result } from "@sumac/cbor";
import { openEnvelope } from "@sumac/suit";
import type { Authentication } from "./authenticate.ts";
import { type JudgedManifest, judgeManifest, judgeRights } from "./judge-manifest.ts";
import type { Operations } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import { Machine } from "./run-commands.ts";
import { invocationSections, updateSections } from "./sections.ts";
import type { BoundedContext, VerifierParts } from "./verifier-parts.ts";
import type { VerifiedUpdate } from "./verify-envelope.ts";

/** `verifyEnvelope` by the parts that are given: checks 1 to 9 of trust.md section 2. */
export function judgeUpdate(
  bytes: Uint8Array,
  context: BoundedContext,
  parts: VerifierParts,
): Result<VerifiedUpdate, Rejection> {
  const envelope = openEnvelope(bytes, context.limits);
  if (!envelope.ok) return envelope;
  const place = { limits: context.limits, prefix: [], installed: () => context.installed };
  const judged = judgeManifest(envelope.value, place, context, parts);
  if (!judged.ok) return judged;
  const { manifest, members, authentication, standing, rule } = judged.value;
  // trust-domains: where a manifest wants to be kept is a place to write like any other.
  const { manifestComponentId: kept } = manifest;
  const misplaced = (kept && judgeRights(kept, authentication)) ?? parts.dependencies?.judge(manifest, context);
  if (misplaced !== undefined) return err(misplaced);

  const planned = planUpdate(judged.value, context, parts);
  if (!planned.ok) return planned;
  const weak = rule.digests?.judgeManifest(manifest, members);
  if (weak !== undefined) return err(weak);
  const waiting = judgeOwner(authentication, context.operations);
  if (waiting !== undefined) return err(waiting);

  const { signers } = authentication;
  const manifestDigest = envelope.value.digest;
  const update = { envelope: envelope.value, manifest, manifestDigest, members, signers, standing, ...planned.value };
  return ok(update as unknown as VerifiedUpdate);
}

/** Checks 8 and 10 (sizes): both procedures of the manifest, worked out before anything is done. */
function planUpdate(
  { envelope, program }: JudgedManifest,
  context: BoundedContext,
  parts: VerifierParts,
): Result<Pick<VerifiedUpdate, "plan" | "dependencies">, Rejection> {
  const { recipient, facts, now, timeAtLeast } = context;
  const { conditions } = parts;
  const dependencyRun = parts.dependencies?.start(envelope, context, parts);
  const machine = new Machine({
    program,
    recipient,
    facts,
    conditions,
    dependencyRun,
    useBefore: { now, atLeast: timeAtLeast },
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
