import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import {
  type ComponentId,
  componentKey,
  digestEquals,
  digestOf,
  directiveLabel,
  type Limits,
  parameterLabel,
} from "@sumac/suit";
import {
  authenticate,
  checkOwnerPart,
  type Identity,
  type KnownTime,
  type PlanStep,
  type Rejection,
  rootTrust,
  type SizedExpectation,
  type TrustPart,
  type TrustParts,
  type TrustRecord,
  type TrustRecordRefusal,
  trustComponents,
  trustPartOf,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import { type PayloadSource, sourceOf } from "../device/install-plan.ts";
import { verifyTime } from "../device/trusted-time.ts";
import type { SlotName } from "../slots/slot.ts";
import type { StoredTrust } from "../state/state.ts";
import { parseTrustPart, type UnusableTrustRecord } from "./trust-in-force.ts";

/** Bytes of the longest trust record that an update may bring: it is held in memory. */
export const maxTrustRecordBytes = 16_384;

/** A new trust record that passed the checks which need only its envelope. */
export interface TrustOffer {
  readonly part: TrustPart;
  readonly update: VerifiedUpdate;
  readonly expected: SizedExpectation;
  readonly source: PayloadSource;
}

/** Why a trust record is not replaced. Whatever the code, the one in force stays in force. */
export type TrustUpdateRefusal =
  | Rejection
  /** The first owner's part is set on site, never from afar. */
  | { readonly code: "trust-part-absent"; readonly part: TrustPart }
  /** The part in force has no root role: nobody may replace it. */
  | { readonly code: "trust-not-updatable"; readonly part: TrustPart }
  /** A trust record changes alone; with anything else in one manifest, neither could be judged by its own rules. */
  | { readonly code: "components-mixed" }
  | UnusableTrustRecord
  | { readonly code: "trust-record-too-large"; readonly size: number; readonly limit: number }
  /** The root keys of the new record have not signed: perhaps nobody has them (TUF 5.3.4). */
  | { readonly code: "trust-new-root-refused"; readonly part: TrustPart; readonly because: Rejection }
  /** Under the new record the confirmed image, or the recovery image, could not boot any more. */
  | { readonly code: "trust-update-strands-device"; readonly slot: SlotName; readonly because: Rejection };

export interface TrustUpdateContext {
  readonly crypto: Crypto;
  readonly stored: StoredTrust;
  /** `stored`, parsed. */
  readonly inForce: TrustParts;
  readonly identity: Identity;
  readonly limits: Limits;
  readonly time: KnownTime;
}

/** Which part of the trust record a manifest about these components replaces. */
export function addressedPart(components: readonly ComponentId[]): Result<TrustPart, TrustUpdateRefusal> {
  const [component, ...others] = components;
  if (component === undefined || others.length > 0) return err({ code: "components-mixed" });
  const part = trustPartOf(component);
  return part === undefined ? err({ code: "component-unknown", component: componentKey(component) }) : ok(part);
}

/**
 * May this part be replaced by what the envelope describes? The checks of every update (trust.md 2), by the root roles
 * of that part as it is now: no release key and no root of the other part counts. Approval, window and interlock are
 * not asked: nothing stops running, and a revocation does not wait.
 */
export function verifyTrustUpdate(
  bytes: Uint8Array,
  part: TrustPart,
  context: TrustUpdateContext,
): Result<{ readonly standing: "newer" | "in-force"; readonly offer: TrustOffer }, TrustUpdateRefusal> {
  const { crypto, stored, inForce, identity, limits, time } = context;
  const record = inForce[part];
  const kept = stored[part];
  if (record === undefined || kept === undefined) return err({ code: "trust-part-absent", part });
  const trust = rootTrust(record, part);
  if (!trust.ok) return err({ code: "trust-not-updatable", part });
  const update = verifyEnvelope(bytes, {
    crypto,
    trust: trust.value,
    recipient: { ...identity, components: [{ id: trustComponents[part], maxSize: BigInt(maxTrustRecordBytes) }] },
    installed: { floor: kept.sequence },
    limits,
    ...verifyTime(time),
  });
  if (!update.ok) return update;
  const offer = trustOffer(part, update.value);
  if (!offer.ok) return offer;
  if (update.value.standing === "newer") return ok({ standing: "newer", offer: offer.value });
  // The number of the record in force: it is that record again, or a number used twice.
  const { digest } = offer.value.expected;
  if (digestEquals(digest, digestOf(crypto, digest.algorithm, kept.record)))
    return ok({ standing: "in-force", offer: offer.value });
  return err({ code: "sequence-reused", sequence: kept.sequence });
}

/** Takes only plans that fetch one payload and match it: a record is not invoked, copied or swapped. */
function trustOffer(part: TrustPart, update: VerifiedUpdate): Result<TrustOffer, Rejection> {
  const { plan, envelope } = update;
  const refuse = (field: string, label: number): Result<never, Rejection> =>
    err({ code: "unsupported", field, offset: envelope.manifest.contentOffset, label });
  const [fetch, ...rest] = plan.update;
  if (fetch?.do !== "fetch") return refuse("plan.update", labelOf(fetch));
  const { digest, size } = fetch.expected;
  if (size === undefined) return refuse("manifest.image-size", parameterLabel["image-size"]);
  const matches = (step: PlanStep): boolean =>
    step.do === "image-match" && digestEquals(step.expected.digest, digest) && (step.expected.size ?? size) === size;
  const beside = [...rest, ...plan.invocation].find((step) => !matches(step));
  if (beside !== undefined || rest.length === 0) return refuse("plan.update", labelOf(beside));
  return ok({ part, update, expected: { digest, size }, source: sourceOf(fetch, envelope) });
}

const labelOf = (step: PlanStep | undefined): number =>
  step === undefined || step.do === "image-match" ? parameterLabel["image-digest"] : directiveLabel[step.do];

export interface NewTrustContext {
  readonly crypto: Crypto;
  readonly inForce: TrustParts;
  /** A slot that would not boot under these parts, though it does now. */
  readonly stranded: (
    parts: TrustParts,
  ) => Promise<{ readonly slot: SlotName; readonly because: Rejection } | undefined>;
}

/**
 * Whether the record itself may come into force: readable, signed by its own root roles too (so that nobody locks
 * himself out, and a wrong key shows now and not at the next update), and able to boot what is confirmed. Returns all
 * that is in force afterwards.
 */
export async function judgeNewTrust(
  record: Uint8Array,
  { part, update }: Pick<TrustOffer, "part" | "update">,
  { crypto, inForce, stranded }: NewTrustContext,
): Promise<Result<TrustParts, TrustUpdateRefusal>> {
  const parsed = parseTrustPart(part, record, crypto);
  if (!parsed.ok) return parsed;
  const root = rootTrust(parsed.value, part);
  if (!root.ok) return unusable(part, root.error);
  const signed = authenticate(update.envelope, root.value, crypto);
  if (!signed.ok) return err({ code: "trust-new-root-refused", part, because: signed.error });
  const parts = withPart(inForce, part, parsed.value);
  if (!parts.ok) return parts;
  const lost = await stranded(parts.value);
  return lost === undefined ? parts : err({ code: "trust-update-strands-device", ...lost });
}

/** An owner's part has to go with the vendor's; the vendor's never has to go with an owner's. */
export function withPart(
  inForce: TrustParts,
  part: TrustPart,
  record: TrustRecord,
): Result<TrustParts, UnusableTrustRecord> {
  if (part === "vendor") return ok({ ...inForce, vendor: record });
  const fits = checkOwnerPart(record, inForce.vendor);
  return fits.ok ? ok({ ...inForce, owner: record }) : unusable(part, fits.error);
}

const unusable = (part: TrustPart, problem: TrustRecordRefusal): Result<never, UnusableTrustRecord> =>
  err({ code: "trust-record-refused", part, problem });
