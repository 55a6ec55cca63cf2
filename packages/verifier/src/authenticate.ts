import { err, ok, type Result } from "@sumac/cbor";
import { type Algorithm, algorithmById, toBeSigned } from "@sumac/cose";
import { bytesToHex, type Crypto, canVerify, equalBytes } from "@sumac/crypto";
import type { AuthenticationBlock, Envelope } from "@sumac/suit";
import { isInPart, type KeyPart, type ProfileRule, partsOf } from "./profile.ts";
import type { Rejection } from "./rejection.ts";
import { findKey, type Role, ruleOf, type TrustedKey, type TrustRecord } from "./trust-record.ts";

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
 * absence. Keys that only a root role has are strangers here.
 */
export const authenticate = (
  envelope: Envelope,
  trust: TrustRecord,
  crypto: Crypto,
): Result<Authentication, Rejection> => authenticateBy(ruleOf(trust), envelope, trust, crypto);

/** `authenticate` by a rule that was found already. */
export function authenticateBy(
  rule: ProfileRule,
  envelope: Envelope,
  record: TrustRecord,
  crypto: Crypto,
): Result<Authentication, Rejection> {
  const weak = rule.digests?.judgeWrapper(envelope);
  if (weak !== undefined) return err(weak);
  const trust = { ...record, roles: record.roles.filter(({ purpose }) => purpose !== "root") };
  const { valid, refused } = judgeBlocks(envelope, { trust, rule, crypto });
  const count = (role: Role): RoleCount => {
    const own = valid.filter(({ key }) => holds(role, key));
    return partsOf(rule, role.purpose)
      .map((part) => ({ role, part, have: own.filter(({ algorithm }) => isInPart(algorithm.scheme, part)).length }))
      .reduce((fewest, one) => (one.have < fewest.have ? one : fewest));
  };
  const counted = (purpose: Role["purpose"]): RoleCount[] =>
    trust.roles.filter((role) => role.purpose === purpose).map(count);
  const releases = counted("release");
  if (!releases.some(({ role, have }) => have >= role.threshold)) {
    return err(mostTelling(refused, valid.length, releases));
  }
  return ok({ signers: valid.map(withoutKey), releases, approvals: counted("approval") });
}

/** Every key of the record, of whichever role, whose signature over the manifest digest is valid; thresholds aside. */
export function signersOf(envelope: Envelope, trust: TrustRecord, crypto: Crypto): readonly Signer[] {
  const rule = ruleOf(trust);
  if (rule.digests?.judgeWrapper(envelope) !== undefined) return [];
  return judgeBlocks(envelope, { trust, rule, crypto }).valid.map(withoutKey);
}

type ValidSigner = Signer & { readonly key: TrustedKey };

const withoutKey = ({ key: _key, ...signer }: ValidSigner): Signer => signer;

/** Each key that signed once, however many blocks it made. */
function judgeBlocks(
  envelope: Envelope,
  believed: Believed,
): { readonly valid: readonly ValidSigner[]; readonly refused: readonly Refused[] } {
  const signers = new Map<string, ValidSigner>();
  const refused: Refused[] = [];
  for (const block of envelope.blocks) {
    const judgement = judgeBlock(block, envelope.digestElement, believed);
    if (judgement.kind === "valid") {
      const { key, algorithm } = judgement;
      const keyId = bytesToHex(key.keyId);
      const roles = believed.trust.roles.filter((role) => holds(role, key)).map(({ name }) => name);
      signers.set(keyId, { keyId, algorithm, roles, key });
    } else {
      refused.push(judgement);
    }
  }
  return { valid: [...signers.values()], refused };
}

type Refused = Exclude<Judgement, { kind: "valid" }>;

const holds = (role: Role, { keyId }: TrustedKey): boolean => role.keys.some((key) => equalBytes(key.keyId, keyId));

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

interface Believed {
  readonly trust: TrustRecord;
  readonly rule: ProfileRule;
  readonly crypto: Crypto;
}

function judgeBlock(block: AuthenticationBlock, payload: Uint8Array, { trust, rule, crypto }: Believed): Judgement {
  if (block.kind === "unsupported") return refuse({ code: "algorithm-not-allowed", algorithm: null, keyId: null });
  const { sign1 } = block;
  const keyId = sign1.keyId === undefined ? null : bytesToHex(sign1.keyId);
  const algorithm = sign1.algorithm === undefined ? undefined : algorithmById(sign1.algorithm);
  const notAllowed: Rejection = { code: "algorithm-not-allowed", algorithm: sign1.algorithm ?? null, keyId };

  // The key decides which algorithm it is for; the message only has to agree (RFC 9864, trust.md 1).
  const named = sign1.keyId === undefined ? undefined : findKey(trust, sign1.keyId);
  const isUsable =
    algorithm !== undefined && rule.schemes.includes(algorithm.scheme) && canVerify(crypto, algorithm.scheme);
  if (named === undefined && algorithm !== undefined && !isUsable) return { kind: "stranger", rejection: notAllowed };
  if (keyId !== null && named === undefined) return stranger([keyId]);
  if (algorithm === undefined || !isUsable) return refuse(notAllowed);
  if (algorithm.status === "legacy" && !trust.legacyAlgorithms.includes(algorithm.id)) return refuse(notAllowed);
  if (named !== undefined && named.key.scheme !== algorithm.scheme) return refuse(notAllowed);

  const message = toBeSigned(sign1.protected, payload);
  // A key of several roles is tried once.
  const every = trust.roles.flatMap(({ keys }) => keys.map((key) => [bytesToHex(key.keyId), key] as const));
  const candidates = named ? [named] : [...new Map(every).values()];
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
