import { err, ok, type Result } from "@sumac/cbor";
import type { Refusal } from "../refusal.ts";

/** A release as far as its place among the others goes. */
export interface PlacedRelease {
  readonly id: number;
  readonly envelopeSha256: string;
  readonly manifestDigest: string;
  readonly sequence: bigint;
}

export type PublishDecision = { readonly do: "publish" } | { readonly do: "nothing"; readonly id: number };

/**
 * Whether a release may join those of its vendor, class and components. The same envelope again is no news. Numbers
 * only rise: a plant must be able to believe that the newest number is the newest release.
 */
export function decidePublish(
  offered: Omit<PlacedRelease, "id">,
  existing: readonly PlacedRelease[],
): Result<PublishDecision, Refusal> {
  const same = existing.find((release) => release.envelopeSha256 === offered.envelopeSha256);
  if (same !== undefined) return ok({ do: "nothing", id: same.id });
  const manifest = existing.find((release) => release.manifestDigest === offered.manifestDigest);
  if (manifest !== undefined) return err({ code: "manifest-already-published", release: manifest.id });
  const number = existing.find((release) => release.sequence === offered.sequence);
  if (number !== undefined) {
    return err({ code: "sequence-reused", sequence: offered.sequence.toString(), release: number.id });
  }
  const newer = existing.filter((release) => release.sequence > offered.sequence).map(({ sequence }) => sequence);
  const newest = newer.toSorted((a, b) => (a < b ? 1 : -1))[0];
  if (newest !== undefined) {
    return err({ code: "rollback", offered: offered.sequence.toString(), newest: newest.toString() });
  }
  return ok({ do: "publish" });
}
