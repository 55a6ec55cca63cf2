import { err, ok, type Result } from "@sumac/cbor";
import { buildSign1, keyId, protectedHeaderFor, serializeSign1, toBeSigned, verifySign1 } from "@sumac/cose";
import { type Crypto, equalBytes } from "@sumac/crypto";
import {
  addAuthenticationBlock,
  defaultLimits,
  type Envelope,
  type Limits,
  parseEnvelope,
  type SuitDigest,
} from "@sumac/suit";
import { checkConsistency, type InconsistentEnvelope } from "./envelope-consistency.ts";
import type { Signer } from "./signer.ts";

export type SignRefusal =
  | InconsistentEnvelope
  | { readonly code: "envelope-too-large"; readonly size: number; readonly limit: number }
  /** A block under this signer's key id does not verify: not made by this key, or altered since. */
  | { readonly code: "own-signature-invalid"; readonly keyId: Uint8Array; readonly offset: number }
  /** The signer does not do what it says; nothing it gave was used. */
  | {
      readonly code: "signer-faulty";
      readonly fault: "key-id" | "algorithm" | "signature";
      readonly keyId: Uint8Array;
    };

export interface SignedEnvelope {
  /** `already-signed`: this key's signature is there and good; `envelope` is the input, byte for byte. */
  readonly outcome: "signed" | "already-signed";
  readonly envelope: Uint8Array;
  readonly manifestDigest: SuitDigest;
}

export interface SignOptions {
  readonly crypto: Crypto;
  readonly limits?: Limits;
}

/**
 * Adds the signer's COSE_Sign1 block to an envelope: the first signature and every countersignature alike. The manifest
 * digest and the blocks that are there stay as they are, byte for byte. What the envelope holds is checked against its
 * digest first (suit.md 3), so that nobody signs what they have not got; the new signature is checked before it is used.
 */
export async function signEnvelope(
  bytes: Uint8Array,
  signer: Signer,
  options: SignOptions,
): Promise<Result<SignedEnvelope, SignRefusal>> {
  const { crypto, limits = defaultLimits } = options;
  const parsed = parseEnvelope(bytes, limits);
  if (!parsed.ok) return parsed;
  const envelope = parsed.value;
  const consistent = checkConsistency(envelope, crypto, limits);
  if (!consistent.ok) return consistent;
  const fault = findSignerFault(signer, crypto);
  if (fault !== undefined) return err({ code: "signer-faulty", fault, keyId: signer.keyId });

  const manifestDigest = envelope.digest;
  const existing = findOwnBlock(envelope, signer, crypto);
  if (existing === "good") return ok({ outcome: "already-signed", envelope: envelope.encoded, manifestDigest });
  if (existing !== undefined) {
    return err({ code: "own-signature-invalid", keyId: signer.keyId, offset: existing.offset });
  }

  const message = toBeSigned(protectedHeaderFor(signer), envelope.digestElement);
  const signature = new Uint8Array(await signer.sign(new Uint8Array(message)));
  if (!crypto.verify(signer.publicKey, message, signature)) {
    return err({ code: "signer-faulty", fault: "signature", keyId: signer.keyId });
  }
  const block = serializeSign1(buildSign1({ algorithm: signer.algorithm, keyId: signer.keyId, signature }));
  const signed = addAuthenticationBlock(envelope, block);
  if (signed.length > limits.maxBytes) {
    return err({ code: "envelope-too-large", size: signed.length, limit: limits.maxBytes });
  }
  return ok({ outcome: "signed", envelope: signed, manifestDigest });
}

function findSignerFault(signer: Signer, crypto: Crypto): "key-id" | "algorithm" | undefined {
  const { algorithm, publicKey } = signer;
  if (!equalBytes(signer.keyId, keyId(publicKey, crypto))) return "key-id";
  return algorithm.scheme === publicKey.scheme && algorithm.status === "current" ? undefined : "algorithm";
}

/**
 * A block that verifies under the key is its signature, with its kid or with none: a second one would add nothing, since
 * thresholds count keys. One with another kid does not count, because no verifier would look for this key there. One
 * that only bears the kid would shadow the real signature in tools that look no further.
 */
function findOwnBlock(
  envelope: Envelope,
  { publicKey, algorithm, keyId }: Signer,
  crypto: Crypto,
): "good" | { readonly offset: number } | undefined {
  let impostor: { readonly offset: number } | undefined;
  for (const block of envelope.blocks) {
    if (block.kind !== "sign1" || block.sign1.algorithm !== algorithm.id) continue;
    const named = block.sign1.keyId;
    if (named !== undefined && !equalBytes(named, keyId)) continue;
    if (verifySign1(block.sign1, publicKey, envelope.digestElement, crypto)) return "good";
    if (named !== undefined) impostor ??= { offset: block.offset };
  }
  return impostor;
}
