import { nodeCrypto } from "@sumac/crypto/node";
import type { Envelope } from "@sumac/suit";
import { authenticate, explain, type Rejection, type TrustRecord } from "@sumac/verifier";

/** What the keys that were given say of one authentication block. */
export type BlockVerdict =
  | { readonly verdict: "valid"; readonly roles: readonly string[] }
  | { readonly verdict: "refused"; readonly rejection: Rejection };

interface RoleVerdict {
  readonly name: string;
  readonly purpose: "release" | "approval";
  readonly have: number;
  readonly need: number;
}

export interface SignatureVerdict {
  /** In the order of the envelope's blocks. */
  readonly blocks: readonly BlockVerdict[];
  readonly roles: readonly RoleVerdict[];
  /** Why the signatures do not suffice; an approval that is missing is none, it only makes a device wait. */
  readonly rejection: Rejection | undefined;
}

/** Signatures alone: whether the manifest is the signed one, is for the digest to say. */
export function judgeSignatures(envelope: Envelope, trust: TrustRecord): SignatureVerdict {
  const whole = authenticate(envelope, trust, nodeCrypto);
  // A threshold of nobody is always met, and the answer then lists every signature that holds.
  const anybody: TrustRecord = { ...trust, roles: trust.roles.map((role) => ({ ...role, threshold: 0 })) };
  const counted = authenticate(envelope, anybody, nodeCrypto);
  const counts = counted.ok ? [...counted.value.releases, ...counted.value.approvals] : [];
  return {
    blocks: envelope.blocks.map((block) => {
      const alone = { ...envelope, blocks: [block] };
      const held = authenticate(alone, anybody, nodeCrypto);
      const [signer] = held.ok ? held.value.signers : [];
      if (signer !== undefined) return { verdict: "valid", roles: signer.roles };
      const refused = held.ok ? authenticate(alone, trust, nodeCrypto) : held;
      if (refused.ok) throw new Error("a block that nobody signed meets no threshold");
      return { verdict: "refused", rejection: refused.error };
    }),
    // A root role has no say in what a record lets through.
    roles: trust.roles.flatMap(({ name, purpose, threshold }) => {
      if (purpose === "root") return [];
      return { name, purpose, have: counts.find(({ role }) => role.name === name)?.have ?? 0, need: threshold };
    }),
    rejection: whole.ok ? undefined : whole.error,
  };
}

/** Of one block, in a few words. */
export function blockWords(verdict: BlockVerdict): string {
  if (verdict.verdict === "valid") return `VALID, ${verdict.roles.join(" and ")}`;
  const { rejection } = verdict;
  switch (rejection.code) {
    case "signature-invalid":
      return "INVALID: it does not match this manifest";
    case "signer-unknown":
      return "UNKNOWN: by none of the keys given";
    case "algorithm-not-allowed":
      return "NOT ACCEPTED: of an algorithm that is not allowed for this key or profile";
    default:
      return `NOT ACCEPTED: ${explain(rejection).problem}`;
  }
}
