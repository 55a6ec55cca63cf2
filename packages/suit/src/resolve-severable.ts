import type { Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type { Envelope } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import { openMembers, type ResolvedMembers } from "./open-members.ts";
import type { SeveredRefusal, SuitRefusal } from "./refusal.ts";

export { type ResolvedMembers, severableMembers, severableSequences } from "./open-members.ts";

/**
 * Brings each severed member back to its manifest. Call with an authenticated manifest. Every member that is present is
 * checked, whether the procedure at hand needs it or not, and before any is parsed. That a member is absent is no
 * refusal here: only the caller knows which ones it is going to run.
 */
export const resolveSeverable = (
  envelope: Envelope,
  manifest: Manifest,
  crypto: Crypto,
  limits: Limits = defaultLimits,
): Result<ResolvedMembers, SuitRefusal | SeveredRefusal> => openMembers(envelope, manifest, crypto, limits);
