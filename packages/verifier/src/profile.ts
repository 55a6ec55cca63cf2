import type { SignatureScheme } from "@sumac/crypto";
import type { Envelope, Manifest, ResolvedMembers, SeverableName } from "@sumac/suit";
import type { Rejection } from "./rejection.ts";

/**
 * Which cryptography a trust record accepts. The record says it, a message cannot: no block or digest in an envelope
 * lowers what is demanded, and one that is not accepted counts for nothing.
 *
 * - `classic`: Ed25519, ECDSA on P-256 and P-384.
 * - `hybrid`: those and ML-DSA. A release role needs its threshold in classical keys and again in ML-DSA keys, so that
 *   an attacker must break both; so does a root role. An approval can only hold an update back, so keys of either kind count.
 * - `cnsa2`: ML-DSA-87, and SHA-384 or SHA-512 wherever a digest stands for code (CNSA 2.0).
 */
export type Profile = "classic" | "hybrid" | "cnsa2";

/** Which keys of a role a threshold counts: all of them, or one kind by itself. */
export type KeyPart = "any" | "classical" | "ml-dsa";

/** What a profile demands; `ruleOf` finds that of a trust record. */
export interface ProfileRule {
  readonly name: Profile;
  readonly schemes: readonly SignatureScheme[];
  /** Each of these has to reach the threshold of a release or root role. */
  readonly releaseParts: readonly KeyPart[];
  /** Absent: every digest algorithm that is understood counts. */
  readonly digests?: DigestRule;
}

export interface DigestRule {
  /** The digest that the signatures cover. Asked before anything is verified: a weak one proves nothing. */
  judgeWrapper(envelope: Envelope): Rejection | undefined;
  /**
   * Every digest of an authentic manifest that stands for something else: for its severed members, and, wherever a
   * command sets one, for an image or the manifest of a dependency.
   */
  judgeManifest(manifest: Manifest, members: ResolvedMembers): Rejection | undefined;
}

const classical: readonly SignatureScheme[] = ["ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384"];

export const classic: ProfileRule = { name: "classic", schemes: classical, releaseParts: ["any"] };

/** The parts of a role that have to reach its threshold, each for itself. */
export const partsOf = ({ releaseParts }: ProfileRule, purpose: "release" | "approval" | "root"): readonly KeyPart[] =>
  purpose === "approval" ? ["any"] : releaseParts;

export const isInPart = (scheme: SignatureScheme, part: KeyPart): boolean =>
  part === "any" || classical.includes(scheme) === (part === "classical");

/** What a digest of an envelope stands for. */
export type DigestSubject = "manifest" | "image" | SeverableName;
