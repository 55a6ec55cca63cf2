import { type Crypto, equalBytes, type PublicKey } from "@sumac/crypto";
import { componentKey } from "@sumac/suit";
import type { TrustParts, TrustRecordRefusal } from "@sumac/verifier";
import type { PlannedImage } from "../device/install-plan.ts";
import type { SlotName } from "../slots/slot.ts";
import { bootJudge, judgeStoredEnvelope, type SlotProblem, type StoredEnvelope } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { DeviceState } from "../state/state.ts";
import type { StateProblem, StateStore } from "../state/state-store.ts";
import type { StatementRefusal } from "../statement/device-statement.ts";
import { trustInForce } from "../trust/trust-in-force.ts";
import { Unavailable, type UnavailableCode } from "../unavailable.ts";
import { differences, readSeal, type SealedMember, sealedContent } from "./integrity-seal.ts";

export interface IntegrityParts {
  readonly slots: Slots;
  readonly state: StateStore;
  readonly crypto: Crypto;
  /** Whose seal the state has to have. `no-seal`: the device has no key, and changes that somebody re-hashed stay unseen. */
  readonly deviceKey: PublicKey | "no-seal";
  /** SHA-256 of the configuration as it lies there now; absent = the device has none that is watched. */
  configurationDigest?(): Promise<Uint8Array>;
}

/** Something is not as it was signed (CR 3.4). */
export interface IntegrityFinding {
  readonly subject: IntegritySubject;
  /** Of the check that failed. */
  readonly code: IntegrityCode;
  /** Of an image: which one, as hex segments. */
  readonly component?: string;
  readonly slot?: SlotName;
}

export type IntegrityCode =
  | "not-provisioned"
  | StateProblem["code"]
  | TrustRecordRefusal["code"]
  | SlotProblem["code"]
  | UnavailableCode
  /** The state has none, though the device has a key. */
  | "seal-missing"
  | StatementRefusal["code"]
  /** It was changed past the device. */
  | "not-as-sealed"
  /** Nobody has said yet which configuration is right. */
  | "configuration-not-declared"
  | "configuration-changed";

export type IntegritySubject =
  | "image"
  | "envelope"
  | "vendor-trust"
  | "owner-trust"
  | "identity"
  | "floors"
  | "configuration"
  | "state"
  | "seal";

export interface IntegrityReport {
  readonly findings: readonly IntegrityFinding[];
  /** Bytes of images that were digested. */
  readonly bytes: number;
}

/** Bytes of an image that one step digests: well under a millisecond on a small processor. */
const stepBytes = 65536;

/**
 * The integrity check as many small steps (CR 3.4): whoever runs it decides when the next one is due, and a control cycle
 * is never held up by more than one. Images are digested anew and compared with the manifest beside them, whose signature
 * is verified again; what has no signature of its own is compared with the device's seal. Changes nothing.
 */
export async function* integritySteps(parts: IntegrityParts): AsyncGenerator<void, IntegrityReport> {
  const findings: IntegrityFinding[] = [];
  let bytes = 0;
  const reading = await parts.state.read();
  if (reading.kind !== "present") {
    const code = reading.kind === "blank" ? "not-provisioned" : reading.problem.code;
    return { findings: [{ subject: "state", code }], bytes };
  }
  yield;
  const { state } = reading;
  findings.push(...sealFindings(state, parts), ...(await configurationFindings(state, parts)));
  yield;
  const trust = trustInForce(state.trust, parts.crypto);
  if (!trust.ok) {
    findings.push({ subject: `${trust.error.part}-trust`, code: trust.error.problem.code });
    return { findings, bytes };
  }
  const slots: readonly SlotName[] = [
    state.boot.active,
    ...(state.recovery === undefined ? [] : ["recovery" as const]),
  ];
  for (const slot of slots) {
    const judged = await judgeSlot(slot, state, trust.value, parts);
    yield;
    if ("subject" in judged) {
      findings.push(judged);
      continue;
    }
    for (const [index, image] of judged.plan.images.entries()) {
      const digested = yield* imageSteps(parts, slot, index, image);
      bytes += digested.bytes;
      if (digested.code !== undefined) {
        findings.push({ subject: "image", code: digested.code, component: componentKey(image.component), slot });
      }
      yield;
    }
  }
  return { findings, bytes };
}

/** One image: how many bytes of it were digested, and what is wrong with it. */
async function* imageSteps(
  { slots, crypto }: IntegrityParts,
  slot: SlotName,
  index: number,
  { expected }: PlannedImage,
): AsyncGenerator<void, { readonly bytes: number; readonly code: IntegrityCode | undefined }> {
  const digest = crypto.startDigest(expected.digest.algorithm);
  let bytes = 0;
  try {
    for await (const chunk of slots.read(slot, index, Number(expected.size))) {
      for (let at = 0; at < chunk.length; at += stepBytes) {
        digest.update(chunk.subarray(at, at + stepBytes));
        yield;
      }
      bytes += chunk.length;
    }
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    return { bytes, code: fault.code };
  }
  return { bytes, code: equalBytes(digest.digest(), expected.digest.bytes) ? undefined : "image-digest-mismatch" };
}

async function judgeSlot(
  slot: SlotName,
  state: DeviceState,
  trust: TrustParts,
  { slots, crypto }: IntegrityParts,
): Promise<StoredEnvelope | IntegrityFinding> {
  try {
    const judged = await judgeStoredEnvelope(slots, slot, bootJudge(slot, state, trust, crypto));
    return judged.ok ? judged.value : { subject: "envelope", code: judged.error.code, slot };
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    return { subject: "envelope", code: fault.code, slot };
  }
}

const subjects: Readonly<Record<SealedMember, IntegritySubject>> = {
  vendorTrust: "vendor-trust",
  ownerTrust: "owner-trust",
  identity: "identity",
  floors: "floors",
  configuration: "configuration",
};

function sealFindings(state: DeviceState, { deviceKey, crypto }: IntegrityParts): readonly IntegrityFinding[] {
  if (deviceKey === "no-seal") return [];
  if (state.seal === undefined) return [{ subject: "seal", code: "seal-missing" }];
  const seal = readSeal(state.seal, deviceKey, crypto);
  if (!seal.ok) return [{ subject: "seal", code: seal.error.code }];
  return differences(sealedContent(state, crypto), seal.value).map((member) => ({
    subject: subjects[member],
    code: "not-as-sealed",
  }));
}

/** What is in force against what was last declared right. */
async function configurationFindings(
  { configurationDigest: declared }: DeviceState,
  parts: IntegrityParts,
): Promise<readonly IntegrityFinding[]> {
  if (parts.configurationDigest === undefined) return [];
  const subject = "configuration";
  if (declared === undefined) return [{ subject, code: "configuration-not-declared" }];
  try {
    const found = await parts.configurationDigest();
    return equalBytes(found, declared) ? [] : [{ subject, code: "configuration-changed" }];
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    return [{ subject, code: fault.code }];
  }
}
