import { err, ok, type Result } from "@sumac/cbor";
import type { Encrypt } from "@sumac/cose";
import { parseEncryptionInfo } from "@sumac/suit";
import type { CopyStep, FetchStep, ImageExpectation, PlanStep, WriteStep } from "./plan.ts";
import type { Rejection } from "./rejection.ts";
import type { VerifiedUpdate } from "./verify-envelope.ts";

/** A step of a plan that decrypts, with everything that decides about it. */
export type EncryptedStep = { readonly encryption: Encrypt } & (
  | { readonly step: WriteStep }
  | {
      readonly step: CopyStep;
      /** What the manifest says of the ciphertext; the plan has it matched before this step. */
      readonly ciphertext: ImageExpectation;
      /** How the ciphertext came into the source component, for a device that decrypts while it fetches. */
      readonly fetch?: FetchStep;
    }
);

/**
 * The steps of an update that decrypt; the only way to an `Encrypt`, hence to `stageEncryptedImage`. Off by default: without
 * "firmware-encryption" in `Limits.extensions` an update with such a step was refused as `unsupported`.
 *
 * Refuses a COSE_Encrypt that is malformed or not understood, with its place in the envelope, and a ciphertext that is
 * not matched first: a key would be used on whatever lies there, and AES-CTR would not notice.
 */
export function encryptedSteps(update: VerifiedUpdate): Result<readonly EncryptedStep[], Rejection> {
  const steps: EncryptedStep[] = [];
  for (const [position, step] of update.plan.update.entries()) {
    if ((step.do !== "copy" && step.do !== "write") || step.encryption === undefined) continue;
    // Everything in a verified update is a view of its envelope, so this is the place in the file.
    const offset = step.encryption.byteOffset - update.envelope.encoded.byteOffset;
    const encryption = parseEncryptionInfo(step.encryption, offset);
    if (!encryption.ok) return encryption;
    if (step.do === "write") {
      steps.push({ step, encryption: encryption.value });
      continue;
    }
    const earlier = update.plan.update.slice(0, position).filter((one) => changes(one, step));
    const last = earlier.at(-1);
    if (last?.do !== "image-match") {
      return err({ code: "ciphertext-unverified", algorithm: encryption.value.algorithm.name });
    }
    const written = earlier.findLast((one) => one.do !== "image-match");
    const fetched = written?.do === "fetch" ? { fetch: written } : {};
    steps.push({ step, encryption: encryption.value, ciphertext: last.expected, ...fetched });
  }
  return ok(steps);
}

/** Whether a step writes or matches the component that `copy` reads. */
function changes(step: PlanStep, copy: CopyStep): boolean {
  if (step.do === "invoke" || step.dependency !== copy.dependency) return false;
  return step.component === copy.from || (step.do === "swap" && step.with === copy.from);
}
