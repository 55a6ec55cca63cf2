import { ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import { componentKey, type Limits, parseEnvelope } from "@sumac/suit";
import { type ConsistentEnvelope, checkManifest, type InconsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, finding } from "./finding.ts";
import { lintLimits } from "./lint-limits.ts";
import { commandsOf, sectionsOf } from "./walk-manifest.ts";

/** What has to be known of a release that was made before: enough to tell whether devices would mix the two up. */
export interface PastRelease {
  readonly sequence: bigint;
  /** Hex. Two envelopes around one manifest are one release, however many signatures they have. */
  readonly manifestDigest: string;
  /** Hex of the class identifiers that it is for; empty = it names none, so it may be for any. */
  readonly classIds: readonly string[];
  /** Keys of its components: devices count a sequence number for each set of components. */
  readonly components: readonly string[];
}

/** Reads what history needs from the envelope of an earlier release, signed or not, severed or not. */
export function readPastRelease(
  bytes: Uint8Array,
  context: { readonly crypto: Crypto; readonly limits?: Limits },
): Result<PastRelease, InconsistentEnvelope> {
  const { crypto, limits = lintLimits } = context;
  const envelope = parseEnvelope(bytes, limits);
  if (!envelope.ok) return envelope;
  const consistent = checkManifest(envelope.value, crypto, limits);
  return consistent.ok ? ok(pastRelease(consistent.value)) : consistent;
}

function pastRelease({ envelope, manifest, members }: ConsistentEnvelope): PastRelease {
  const classIds = new Set<string>();
  for (const command of commandsOf(sectionsOf(manifest, members))) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { classIdentifier } = command.parameters;
    if (classIdentifier !== undefined) classIds.add(bytesToHex(classIdentifier));
  }
  return {
    sequence: manifest.sequenceNumber,
    manifestDigest: bytesToHex(envelope.digest.bytes),
    classIds: [...classIds],
    components: manifest.components.map(componentKey),
  };
}

/** A device that has seen one of them refuses the other: `sequence-reused`, or `rollback`. */
export function lintSequence(release: ConsistentEnvelope, earlier: readonly PastRelease[]): Finding[] {
  const offset = release.envelope.manifest.contentOffset;
  const own = pastRelease(release);
  const { sequence } = own;
  const others = earlier.filter((past) => past.manifestDigest !== own.manifestDigest && meets(past, own));
  const reused = others.find((past) => past.sequence === sequence);
  if (reused !== undefined) {
    return [finding(offset, { code: "sequence-reused", sequence, earlier: reused.manifestDigest })];
  }
  const [highest] = others.map((past) => past.sequence).toSorted((a, b) => Number(b > a) - Number(a > b));
  // Equal would have been found above.
  if (highest === undefined || highest < sequence) return [];
  return [finding(offset, { code: "sequence-not-higher", sequence, highest })];
}

/** Whether there may be a device that both are for. */
function meets(a: PastRelease, b: PastRelease): boolean {
  const sharesClass =
    a.classIds.length === 0 || b.classIds.length === 0 || a.classIds.some((id) => b.classIds.includes(id));
  return sharesClass && a.components.some((key) => b.components.includes(key));
}
