import { err, ok, type Result } from "@sumac/cbor";
import { type Algorithm, algorithmById, toBeSigned } from "@sumac/cose";
import { bytesToHex, type Crypto, canVerify } from "@sumac/crypto";
import type { AuthenticationBlock, Envelope } from "@sumac/suit";
import { allowsScheme, isInPart, judgeWrapperDigest, type KeyPart, partsOf } from "./profile.ts";
import type { Rejection } from "./rejection.ts";
import { findKey, profileOf, type Role, type TrustedKey, type TrustRecord } from "./trust-record.ts";

/** A trusted key whose signature over the manifest digest is valid. */
export interface Signer {
  /** Lower-case hex. */
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** Every role of the trust record that this key belongs to. */
  readonly roles: readonly string[];
}

/** How many distinct keys of a role have signed: of its part that has the fewest, so `have >= threshold` speaks for all. */
export interface RoleCount {
  readonly role: Role;
  readonly have: number;
  readonly part: KeyPart;
}

export interface Authentication {
  readonly signers: readonly Signer[];
  readonly releases: readonly RoleCount[];
  readonly approvals: readonly RoleCount[];
}

/** `stranger`: nothing ties the block to a trusted key, so it says little about why an update is refused. */
type Judgement =
  | { readonly kind: "valid"; readonly key: TrustedKey; readonly algorithm: Algorithm }
  | { readonly kind: "refused" | "stranger"; readonly rejection: Rejection };

/**
 * Check 2 of trust.md: which trusted keys signed the wrapper digest, and whether a release role has its threshold, in
 * every kind of key that the record's profile demands. A block by a stranger or with a bad signature never spoils enough
 * good ones (blocks come and go); distinct keys are counted, not blocks. Without enough, the refusal names the most
 * telling block: a bad signature by a known key, then an algorithm that is not the key's, then strangers, then mere
 * absence.
 */
export function authenticate(
  envelope: Envelope,
  trust: TrustRecord,
  crypto: Crypto,
): Result<Authentication, Rejection> {
  const weak = judgeWrapperDigest(envelope, profileOf(trust));
  if (weak !== undefined) return err(weak);
  const valid = new Map<string, Signer>();
  const refused: Refused[] = [];
  for (const block of envelope.blocks) {
    const judgement = judgeBlock(block, envelope.digestElement, trust, crypto);
    if (judgement.kind !== "valid") {
      refused.push(judgement);
      continue;
    }
    const keyId = bytesToHex(judgement.key.keyId);
    const roles = trust.roles.filter((role) => holds(role, keyId)).map((role) => role.name);
    valid.set(keyId, { keyId, algorithm: judgement.algorithm, roles });
  }
  const signers = [...valid.values()];
  const counts = trust.roles.map((role) => countRole(role, signers, trust));
  const releases = counts.filter(({ role }) => role.purpose === "release");
  if (releases.some(({ role, have }) => have >= role.threshold)) {
    const approvals = counts.filter(({ role }) => role.purpose === "approval");
    return ok({ signers, releases, approvals });
  }
  return err(mostTelling(refused, signers.length, releases));
}

type Refused = Exclude<Judgement, { kind: "valid" }>;

const holds = (role: Role, keyId: string): boolean => role.keys.some((key) => bytesToHex(key.keyId) === keyId);

function countRole(role: Role, signers: readonly Signer[], trust: TrustRecord): RoleCount {
  const own = signers.filter(({ keyId }) => holds(role, keyId));
  const counts = partsOf(profileOf(trust), role.purpose).map((part) => ({
    role,
    part,
    have: own.filter(({ algorithm }) => isInPart(algorithm.scheme, part)).length,
  }));
  return counts.reduce((fewest, count) => (count.have < fewest.have ? count : fewest));
}

function mostTelling(refused: readonly Refused[], validCount: number, releases: readonly RoleCount[]): Rejection {
  const known = refused.filter(({ kind }) => kind === "refused").map(({ rejection }) => rejection);
  const bad = known.find(({ code }) => code === "signature-invalid") ?? known[0];
  if (bad !== undefined) return bad;
  const strangers = refused.map(({ rejection }) => rejection);
  if (validCount === 0 && strangers[0] !== undefined) {
    const unknown = strangers.filter((rejection) => rejection.code === "signer-unknown");
    // All of them use what the profile does not accept, which says more than that nobody knows their keys.
    if (unknown.length === 0) return strangers[0];
    return { code: "signer-unknown", keyIds: unknown.flatMap(({ keyIds }) => keyIds) };
  }
  const nearest = releases.toSorted((a, b) => a.role.threshold - a.have - (b.role.threshold - b.have))[0];
  if (nearest === undefined) throw new Error("a trust record has at least one release role");
  const { role, have, part } = nearest;
  return { code: "threshold-not-met", role: role.name, have, need: role.threshold, part };
}

function judgeBlock(block: AuthenticationBlock, payload: Uint8Array, trust: TrustRecord, crypto: Crypto): Judgement {
  if (block.kind === "unsupported") return refuse({ code: "algorithm-not-allowed", algorithm: null, keyId: null });
  const { sign1 } = block;
  const keyId = sign1.keyId === undefined ? null : bytesToHex(sign1.keyId);
  const algorithm = sign1.algorithm === undefined ? undefined : algorithmById(sign1.algorithm);
  const notAllowed: Rejection = { code: "algorithm-not-allowed", algorithm: sign1.algorithm ?? null, keyId };

  // The key decides which algorithm it is for; the message only has to agree (RFC 9864, trust.md 1).
  const named = sign1.keyId === undefined ? undefined : findKey(trust, sign1.keyId);
  const isUsable =
    algorithm !== undefined && allowsScheme(profileOf(trust), algorithm.scheme) && canVerify(crypto, algorithm.scheme);
  if (named === undefined && algorithm !== undefined && !isUsable) return { kind: "stranger", rejection: notAllowed };
  if (keyId !== null && named === undefined) return stranger([keyId]);
  if (algorithm === undefined || !isUsable) return refuse(notAllowed);
  if (algorithm.status === "legacy" && !trust.legacyAlgorithms.includes(algorithm.id)) return refuse(notAllowed);
  if (named !== undefined && named.key.scheme !== algorithm.scheme) return refuse(notAllowed);

  const message = toBeSigned(sign1.protected, payload);
  const candidates = named !== undefined ? [named] : trust.roles.flatMap((role) => role.keys);
  const fitting = candidates.filter(({ key }) => key.scheme === algorithm.scheme);
  if (fitting.length === 0) return stranger([]);
  const signer = fitting.find(({ key }) => crypto.verify(key, message, sign1.signature));
  return signer === undefined
    ? refuse({ code: "signature-invalid", keyId })
    : { kind: "valid", key: signer, algorithm };
}

const refuse = (rejection: Rejection): Judgement => ({ kind: "refused", rejection });

const stranger = (keyIds: readonly string[]): Judgement => ({
  kind: "stranger",
  rejection: { code: "signer-unknown", keyIds },
});
