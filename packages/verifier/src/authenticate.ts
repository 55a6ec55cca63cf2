import { err, ok, type Result } from "@sumac/cbor";
import { type Algorithm, algorithmById, toBeSigned } from "@sumac/cose";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import type { AuthenticationBlock, Envelope } from "@sumac/suit";
import type { Rejection } from "./rejection.ts";
import { findKey, type Role, type TrustedKey, type TrustRecord } from "./trust-record.ts";

/** A trusted key whose signature over the manifest digest is valid. */
export interface Signer {
  /** Lower-case hex. */
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** Every role of the trust record that this key belongs to. */
  readonly roles: readonly string[];
}

/** How many distinct keys of a role have signed. */
export interface RoleCount {
  readonly role: Role;
  readonly have: number;
}

export interface Authentication {
  readonly signers: readonly Signer[];
  readonly releases: readonly RoleCount[];
  readonly approvals: readonly RoleCount[];
}

type Judgement =
  | { readonly kind: "valid"; readonly key: TrustedKey; readonly algorithm: Algorithm }
  | { readonly kind: "refused"; readonly rejection: Rejection };

/**
 * Check 2 of trust.md: which trusted keys signed the wrapper digest, and whether a release role has its threshold.
 * A block by a stranger or with a bad signature never spoils enough good ones (blocks come and go); distinct keys are
 * counted, not blocks. Without enough, the refusal names the most telling block: a bad signature by a known key, then
 * an algorithm that is not the key's, then strangers, then mere absence.
 */
export function authenticate(
  envelope: Envelope,
  trust: TrustRecord,
  crypto: Crypto,
): Result<Authentication, Rejection> {
  const valid = new Map<string, Signer>();
  const refused: Rejection[] = [];
  for (const block of envelope.blocks) {
    const judgement = judgeBlock(block, envelope.digestElement, trust, crypto);
    if (judgement.kind === "refused") {
      refused.push(judgement.rejection);
      continue;
    }
    const keyId = bytesToHex(judgement.key.keyId);
    const roles = trust.roles.filter((role) => holds(role, keyId)).map((role) => role.name);
    valid.set(keyId, { keyId, algorithm: judgement.algorithm, roles });
  }
  const counts = trust.roles.map((role) => ({ role, have: [...valid.keys()].filter((id) => holds(role, id)).length }));
  const releases = counts.filter(({ role }) => role.purpose === "release");
  if (releases.some(({ role, have }) => have >= role.threshold)) {
    const approvals = counts.filter(({ role }) => role.purpose === "approval");
    return ok({ signers: [...valid.values()], releases, approvals });
  }
  return err(mostTelling(refused, valid.size, releases));
}

const holds = (role: Role, keyId: string): boolean => role.keys.some((key) => bytesToHex(key.keyId) === keyId);

function mostTelling(refused: readonly Rejection[], validCount: number, releases: readonly RoleCount[]): Rejection {
  const bad =
    refused.find(({ code }) => code === "signature-invalid") ??
    refused.find(({ code }) => code === "algorithm-not-allowed");
  if (bad !== undefined) return bad;
  if (validCount === 0 && refused.length > 0) {
    const keyIds = refused.flatMap((rejection) => (rejection.code === "signer-unknown" ? rejection.keyIds : []));
    return { code: "signer-unknown", keyIds };
  }
  const nearest = releases.toSorted((a, b) => a.role.threshold - a.have - (b.role.threshold - b.have))[0];
  if (nearest === undefined) throw new Error("a trust record has at least one release role");
  return { code: "threshold-not-met", role: nearest.role.name, have: nearest.have, need: nearest.role.threshold };
}

function judgeBlock(block: AuthenticationBlock, payload: Uint8Array, trust: TrustRecord, crypto: Crypto): Judgement {
  if (block.kind === "unsupported") return refuse({ code: "algorithm-not-allowed", algorithm: null, keyId: null });
  const { sign1 } = block;
  const keyId = sign1.keyId === undefined ? null : bytesToHex(sign1.keyId);
  const algorithm = sign1.algorithm === undefined ? undefined : algorithmById(sign1.algorithm);
  const notAllowed = (): Judgement =>
    refuse({ code: "algorithm-not-allowed", algorithm: sign1.algorithm ?? null, keyId });

  // The key decides which algorithm it is for; the message only has to agree (RFC 9864, trust.md 1).
  const named = sign1.keyId === undefined ? undefined : findKey(trust, sign1.keyId);
  if (sign1.keyId !== undefined && named === undefined) {
    return refuse({ code: "signer-unknown", keyIds: [bytesToHex(sign1.keyId)] });
  }
  if (algorithm === undefined) return notAllowed();
  if (algorithm.status === "legacy" && !trust.legacyAlgorithms.includes(algorithm.id)) return notAllowed();
  if (named !== undefined && named.key.scheme !== algorithm.scheme) return notAllowed();

  const message = toBeSigned(sign1.protected, payload);
  const candidates = named !== undefined ? [named] : trust.roles.flatMap((role) => role.keys);
  const fitting = candidates.filter(({ key }) => key.scheme === algorithm.scheme);
  if (fitting.length === 0) return refuse({ code: "signer-unknown", keyIds: [] });
  const signer = fitting.find(({ key }) => crypto.verify(key, message, sign1.signature));
  return signer === undefined
    ? refuse({ code: "signature-invalid", keyId })
    : { kind: "valid", key: signer, algorithm };
}

const refuse = (rejection: Rejection): Judgement => ({ kind: "refused", rejection });
