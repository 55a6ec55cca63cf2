import type { Result } from "@sumac/cbor";
import type { FoundTarget } from "./client/find-target.ts";
import { customMembers, customText } from "./match-custom.ts";
import type { PlantRefusal, TufRefusal } from "./refusal.ts";
import { parseUtcTime } from "./utc-time.ts";
import { freshness, type VerificationTime } from "./verification-time.ts";

/** A target on which vendor and plant agree. */
export interface Installable {
  readonly vendor: FoundTarget;
  readonly plant: FoundTarget;
}

/** `by` tells whose repository a refusal is about, because both have a root and a timestamp. */
export interface TwoRepositoryRefusal {
  readonly by: "vendor" | "plant" | "both";
  readonly refusal: TufRefusal;
}

/**
 * Vendor and plant, each verified by its own state: installable only if both list the target and say the same about it
 * (tuf.md 7). The plant can withhold and narrow; nothing it says lifts a refusal of the vendor's.
 */
export function plantVerdict(
  path: string,
  vendor: Result<FoundTarget, TufRefusal>,
  plant: Result<FoundTarget, TufRefusal>,
  time: VerificationTime,
): Result<Installable, TwoRepositoryRefusal> {
  if (!vendor.ok) return { ok: false, error: { by: "vendor", refusal: vendor.error } };
  if (!plant.ok) {
    // Silence waits; an expired or altered plant repository is told as what it is.
    const refusal: TufRefusal =
      plant.error.code === "target-unknown" ? { code: "not-approved", target: path } : plant.error;
    return { ok: false, error: { by: "plant", refusal } };
  }
  const difference = findDifference(path, vendor.value, plant.value);
  if (difference !== undefined) return { ok: false, error: { by: "both", refusal: difference } };
  if (approvalEnded(plant.value, time)) {
    return { ok: false, error: { by: "plant", refusal: { code: "not-approved", target: path } } };
  }
  return { ok: true, value: { vendor: vendor.value, plant: plant.value } };
}

function findDifference(path: string, vendor: FoundTarget, plant: FoundTarget): PlantRefusal | undefined {
  const pairs: (readonly [member: string, vendor: string | null, plant: string | null])[] = [
    ["path", vendor.target.path, plant.target.path],
    ["length", String(vendor.target.length), String(plant.target.length)],
    ["sha256", vendor.target.hashes.get("sha256") ?? null, plant.target.hashes.get("sha256") ?? null],
  ];
  for (const member of customMembers) {
    pairs.push([member, customText(vendor.target.custom, member), customText(plant.target.custom, member)]);
  }
  for (const [member, said, answered] of pairs) {
    if (said !== answered) return { code: "plant-disagrees", target: path, member, vendor: said, plant: answered };
  }
  return undefined;
}

/** The plant's member `expires` ends the approval before the plant's metadata ends; a value that is no time ends it too. */
function approvalEnded({ target }: FoundTarget, time: VerificationTime): boolean {
  const value = target.custom?.members.get("expires");
  if (value === undefined) return false;
  const expires = value.kind === "string" ? parseUtcTime(value.value) : undefined;
  return expires === undefined || freshness(expires, time) === "expired";
}
