import type { Result } from "@sumac/cbor";
import type { Envelope } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { openEnvelopeAt } from "./open.ts";
import type { SuitRefusal } from "./refusal.ts";

/** The limits under which the parts of an integrated dependency are read: it lies one byte string deeper. */
export const dependencyLimits = (limits: Limits = defaultLimits): Limits => ({
  ...limits,
  maxDepth: limits.maxDepth - 1,
});

/**
 * Takes apart the envelope that `outer` carries under this URI (trust-domains); undefined = it carries nothing there.
 * As unbelieved as `outer` was: it has signatures of its own. Offsets count in the file of `outer`, and nothing is
 * copied. Read its manifest and members under `dependencyLimits`.
 */
export function parseIntegratedEnvelope(
  outer: Envelope,
  uri: string,
  limits: Limits = defaultLimits,
): Result<Envelope, SuitRefusal> | undefined {
  const bytes = outer.integratedPayloads.get(uri);
  if (bytes === undefined) return undefined;
  return openEnvelopeAt(bytes, bytes.byteOffset - outer.encoded.byteOffset, dependencyLimits(limits));
}
