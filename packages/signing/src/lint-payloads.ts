import type { Crypto } from "@sumac/crypto";
import type { Envelope, Limits, SuitDigest } from "@sumac/suit";
import { isPayload } from "./envelope-consistency.ts";
import { type Finding, finding, type UnmatchedPayload } from "./finding.ts";
import type { Journal } from "./lint-journal.ts";

/** Integrated payloads lie outside every signature; only an image-match over the very bytes makes them anything. */
export function lintPayloads(
  envelope: Envelope,
  journal: Journal,
  file: Uint8Array,
  crypto: Crypto,
  limits: Limits,
): Finding[] {
  const findings: Finding[] = [];
  for (const [uri, payload] of envelope.integratedPayloads) {
    const matching = (digest: SuitDigest): boolean => isPayload(envelope, uri, digest, crypto, limits);
    const because = whyUnmatched(uri, journal, matching);
    if (because === undefined) continue;
    const offset = payload.byteOffset - file.byteOffset;
    findings.push(finding(offset, { code: "integrated-payload-unmatched", uri, because }));
  }
  return findings;
}

function whyUnmatched(
  uri: string,
  { fetches, matches }: Journal,
  matching: (digest: SuitDigest) => boolean,
): UnmatchedPayload | undefined {
  if (!fetches.some((fetch) => fetch.uri === uri)) return "not-fetched";
  const digests = [...(matches.get(uri) ?? [])];
  if (digests.length === 0) return "not-matched";
  return digests.some(matching) ? undefined : "other-bytes";
}
