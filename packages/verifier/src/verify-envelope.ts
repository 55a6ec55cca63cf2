import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import {
  type CommandSequence,
  componentKey,
  type Envelope,
  type Limits,
  type Manifest,
  manifestDigest,
  parseEnvelope,
  parseManifest,
  type ResolvedMembers,
  resolveSeverable,
  type SuitDigest,
} from "@sumac/suit";
import { type Authentication, authenticate, type Signer } from "./authenticate.ts";
import type { UseBeforePolicy } from "./conditions.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { Installed, Operations, Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import { judgeSequence, type Standing } from "./rollback.ts";
import { type Ran, runProcedure } from "./run-commands.ts";
import { mayWrite, type TrustRecord } from "./trust-record.ts";

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
}

export interface VerifyContext {
  readonly crypto: Crypto;
  readonly trust: TrustRecord;
  readonly recipient: Recipient;
  readonly installed: Installed;
  /** Seconds since 1970 by a clock that is trusted (trust.md 4). Absent = no trusted time: what expires is then refused. */
  readonly now?: bigint;
  /** Absent: nobody operates here, so nothing has to be waited for (offline verification). */
  readonly operations?: Operations;
  readonly limits?: Limits;
  /**
   * A severed member that did not come along is refused, since the procedure needs it. `leave-out` is for a verifier
   * that installs nothing: authenticity still holds, the plan lacks the member's steps.
   */
  readonly absentMembers?: "refuse" | "leave-out";
}

/**
 * May this update be installed here? Checks 1 to 9 of trust.md section 2, in that order, each with its own refusal;
 * `bytes` must not change afterwards, and everything in the answer is a view of them (MFST.CONST). Pure: the images
 * themselves are checked when they arrive (`stageImage`, `matchSlot`).
 */
export function verifyEnvelope(bytes: Uint8Array, context: VerifyContext): Result<VerifiedUpdate, Rejection> {
  const { crypto, trust, recipient, installed } = context;
  const envelope = parseEnvelope(bytes, context.limits);
  if (!envelope.ok) return envelope;

  const authentication = authenticate(envelope.value, trust, crypto);
  if (!authentication.ok) return authentication;
  const mismatch = judgeManifestDigest(envelope.value, crypto);
  if (mismatch !== undefined) return err(mismatch);

  const manifest = parseManifest(envelope.value.manifest, context.limits);
  if (!manifest.ok) return manifest;
  const members = resolveSeverable(envelope.value, manifest.value, crypto, context.limits);
  if (!members.ok) return members;

  const candidate = { envelope: envelope.value, manifest: manifest.value, members: members.value };
  const foreign =
    judgeIdentity(candidate, recipient) ?? judgeComponents(manifest.value, recipient, authentication.value);
  if (foreign !== undefined) return err(foreign);

  const { digest } = envelope.value;
  const offered = { sequence: manifest.value.sequenceNumber, manifestDigest: digest.bytes };
  const standing = judgeSequence(offered, installed);
  if (!standing.ok) return standing;

  const plan = planUpdate(candidate, context);
  if (!plan.ok) return plan;
  const waiting = judgeOwner(authentication.value, context.operations);
  if (waiting !== undefined) return err(waiting);

  const { signers } = authentication.value;
  const update = { ...candidate, manifestDigest: digest, signers, standing: standing.value, plan: plan.value };
  return ok(update as unknown as VerifiedUpdate);
}

interface Candidate {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly members: ResolvedMembers;
}

/** Check 3: signatures cover the digest, the digest covers the manifest with its byte-string head (suit.md 3). */
function judgeManifestDigest(envelope: Envelope, crypto: Crypto): Rejection | undefined {
  const computed = manifestDigest(envelope.manifest, envelope.digest.algorithm, crypto);
  if (equalBytes(computed.bytes, envelope.digest.bytes)) return undefined;
  return {
    code: "manifest-digest-mismatch",
    claimed: bytesToHex(envelope.digest.bytes),
    computed: bytesToHex(computed.bytes),
  };
}

/** Check 5: the shared sequence has to say for whom this is, and mean us (REQ.SEC.COMPATIBLE). */
function judgeIdentity(candidate: Candidate, recipient: Recipient): Rejection | undefined {
  const { shared } = candidate.manifest;
  const ran = shared && run(candidate, recipient, [{ ...shared, commands: [] }], "defer");
  if (ran !== undefined && !ran.ok) return ran.error;
  for (const condition of ["vendor-identifier", "class-identifier"] as const) {
    if (ran === undefined || !ran.value.identity.has(condition)) return { code: "identity-missing", condition };
  }
  return undefined;
}

/** Check 6: the device has these components, and a role that signed may write each of them (REQ.SEC.ACCESS_CONTROL). */
function judgeComponents(
  manifest: Manifest,
  recipient: Recipient,
  authentication: Authentication,
): Rejection | undefined {
  const signed = authentication.releases.filter(({ role, have }) => have >= role.threshold).map(({ role }) => role);
  for (const id of manifest.components) {
    const component = componentKey(id);
    const known =
      recipient.components === "any" || recipient.components.some((own) => componentKey(own.id) === component);
    if (!known) return { code: "component-unknown", component };
    if (!signed.some((role) => mayWrite(role, id))) {
      return { code: "component-not-authorised", component, role: signed.map(({ name }) => name).join(", ") };
    }
  }
  return undefined;
}

/** Checks 8 and 10 (sizes): both procedures of the manifest, worked out before anything is done. */
function planUpdate(candidate: Candidate, context: VerifyContext): Result<Plan, Rejection> {
  const { manifest, members } = candidate;
  const useBefore = { now: context.now };
  for (const [name, member] of [
    ["payload-fetch", "payloadFetch"],
    ["install", "install"],
  ] as const) {
    const absent = manifest[member] !== undefined && members[member] === undefined;
    if (absent && context.absentMembers !== "leave-out") return err({ code: "severed-member-missing", member: name });
  }
  const steps = (sequences: readonly (CommandSequence | undefined)[]): Result<readonly PlanStep[], Rejection> => {
    const ran = run(
      candidate,
      context.recipient,
      sequences.filter((s) => s !== undefined),
      useBefore,
    );
    return ran.ok ? ok(ran.value.steps) : ran;
  };
  const update = steps([members.payloadFetch, members.install, manifest.validate]);
  if (!update.ok) return update;
  const invocation = steps([manifest.validate, manifest.load, manifest.invoke]);
  return invocation.ok ? ok({ update: update.value, invocation: invocation.value }) : invocation;
}

function run(
  { envelope, manifest }: Candidate,
  recipient: Recipient,
  sequences: readonly CommandSequence[],
  useBefore: UseBeforePolicy,
): Result<Ran, Rejection> {
  return runProcedure({
    components: manifest.components,
    shared: manifest.shared,
    sequences,
    integrated: new Set(envelope.integratedPayloads.keys()),
    recipient,
    useBefore,
  });
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
