import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import {
  type ComponentId,
  componentKey,
  type Envelope,
  type Limits,
  type Manifest,
  manifestDigest,
  openManifest,
  openMembers,
  type ResolvedMembers,
} from "@sumac/suit";
import { type Authentication, authenticateBy } from "./authenticate.ts";
import { classic, type ProfileRule } from "./profile.ts";
import { type Program, programOf } from "./program.ts";
import type { ComponentFacts, Installed, Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import { judgeSequence, type Standing } from "./rollback.ts";
import { Machine } from "./run-commands.ts";
import { absentSection } from "./sections.ts";
import { mayWrite, type TrustRecord } from "./trust-record.ts";
import type { VerifierParts } from "./verifier-parts.ts";

/** What a manifest is judged by, whether it stands for itself or for another one. */
export interface JudgeContext {
  readonly crypto: Crypto;
  readonly trust: TrustRecord;
  readonly recipient: Recipient;
  readonly facts?: ComponentFacts;
  /**
   * A severed member that did not come along is refused, since the procedure needs it. `leave-out` is for a verifier
   * that installs nothing: authenticity still holds, the plan lacks the member's steps.
   */
  readonly absentMembers?: "refuse" | "leave-out";
}

/** Where the manifest stands. */
export interface ManifestPlace {
  readonly limits: Limits;
  /** Put before its component identifiers (of a dependency). */
  readonly prefix: ComponentId;
  readonly installed: (components: readonly ComponentId[]) => Installed;
}

export interface JudgedManifest {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  /** Severed members that came along, matched against their digests. */
  readonly members: ResolvedMembers;
  readonly authentication: Authentication;
  readonly standing: Standing;
  readonly program: Program;
  readonly rule: ProfileRule;
}

/** Checks 2 to 7 of trust.md section 2, in that order, for one envelope and the manifest in it. */
export function judgeManifest(
  envelope: Envelope,
  { limits, prefix, installed }: ManifestPlace,
  context: JudgeContext,
  parts: VerifierParts,
): Result<JudgedManifest, Rejection> {
  const { crypto, trust, recipient } = context;
  const { profile = "classic" } = trust;
  const rule = parts.ruleOf?.(trust) ?? classic;
  if (rule.name !== profile) throw new RangeError(`this verifier does not carry the profile ${profile}`);
  const authentication = authenticateBy(rule, envelope, trust, crypto);
  if (!authentication.ok) return authentication;
  const mismatch = judgeManifestDigest(envelope, crypto);
  if (mismatch !== undefined) return err(mismatch);

  const manifest = openManifest(envelope.manifest, limits);
  if (!manifest.ok) return manifest;
  const members = openMembers(envelope, manifest.value, crypto, limits);
  if (!members.ok) return members;

  const program = programOf({ envelope, manifest: manifest.value, members: members.value }, prefix);
  const foreign =
    judgeIdentity(program, context, parts) ?? judgeComponents(program.components, recipient, authentication.value);
  if (foreign !== undefined) return err(foreign);

  const offered = { sequence: manifest.value.sequenceNumber, manifestDigest: envelope.digest.bytes };
  const standing = judgeSequence(offered, installed(program.components));
  if (!standing.ok) return standing;
  const absent = absentSection(manifest.value, members.value);
  if (absent !== undefined && context.absentMembers !== "leave-out") {
    return err({ code: "severed-member-missing", member: absent });
  }
  return ok({
    envelope,
    manifest: manifest.value,
    members: members.value,
    authentication: authentication.value,
    standing: standing.value,
    program,
    rule,
  });
}

/** Check 3: signatures cover the digest, the digest covers the manifest with its byte-string head (suit.md 3). */
export function judgeManifestDigest(envelope: Envelope, crypto: Crypto): Rejection | undefined {
  const computed = manifestDigest(envelope.manifest, envelope.digest.algorithm, crypto);
  if (equalBytes(computed.bytes, envelope.digest.bytes)) return undefined;
  return {
    code: "manifest-digest-mismatch",
    claimed: bytesToHex(envelope.digest.bytes),
    computed: bytesToHex(computed.bytes),
  };
}

/** Check 5: the shared sequence has to say for whom this is, and mean us (REQ.SEC.COMPATIBLE). */
function judgeIdentity(
  program: Program,
  { recipient, facts }: JudgeContext,
  { conditions }: VerifierParts,
): Rejection | undefined {
  const judged = new Machine({ program, recipient, facts, conditions, useBefore: "defer" }).runShared();
  if (!judged.ok) return judged.error;
  for (const condition of ["vendor-identifier", "class-identifier"] as const) {
    if (!judged.value.has(condition)) return { code: "identity-missing", condition };
  }
  return undefined;
}

/** Check 6: the device has these components, and a role that signed may write each of them (REQ.SEC.ACCESS_CONTROL). */
function judgeComponents(
  components: readonly ComponentId[],
  recipient: Recipient,
  authentication: Authentication,
): Rejection | undefined {
  const own =
    recipient.components === "any" ? undefined : new Set(recipient.components.map(({ id }) => componentKey(id)));
  for (const id of components) {
    const component = componentKey(id);
    if (own !== undefined && !own.has(component)) return { code: "component-unknown", component };
    const unauthorised = judgeRights(id, authentication);
    if (unauthorised !== undefined) return unauthorised;
  }
  return undefined;
}

/** Whether a role that signed may write this component. */
export function judgeRights(id: ComponentId, { releases }: Authentication): Rejection | undefined {
  const signed = releases.filter(({ role, have }) => have >= role.threshold).map(({ role }) => role);
  if (signed.some((role) => mayWrite(role, id))) return undefined;
  const role = signed.map(({ name }) => name).join(", ");
  return { code: "component-not-authorised", component: componentKey(id), role };
}
