import type { ReportReason } from "@sumac/suit";
import type { Rejection, RejectionCode } from "./rejection.ts";

/** What a device reports of a rejection (suit.md 6, last column): coarse, and the same for every make of device. */
export function reportReasonFor(rejection: Rejection): ReportReason {
  if (rejection.code === "dependency-refused") return reportReasonFor(rejection.because);
  return rejection.code === "unsupported" ? unsupportedReason(rejection.field) : reasons[rejection.code];
}

/** The field names the place of the number that is not known: an algorithm, a parameter, or anything else. */
function unsupportedReason(field: string): ReportReason {
  if (/\.(alg|algorithm)$/.test(field)) return "alg-unsupported";
  return /-parameters$|^encryption-info/.test(field) ? "parameter-unsupported" : "command-unsupported";
}

const reasons: Readonly<Record<Exclude<RejectionCode, "unsupported" | "dependency-refused">, ReportReason>> = {
  malformed: "cbor-parse",
  "too-large": "cbor-parse",
  "limit-exceeded": "cbor-parse",
  "signature-invalid": "unauthorised",
  "signer-unknown": "unauthorised",
  "threshold-not-met": "unauthorised",
  "manifest-digest-mismatch": "unauthorised",
  "severed-member-mismatch": "unauthorised",
  "member-unauthenticated": "unauthorised",
  "not-approved": "unauthorised",
  "algorithm-not-allowed": "alg-unsupported",
  "digest-not-allowed": "alg-unsupported",
  "severed-member-missing": "severing-unsupported",
  "component-unknown": "component-unsupported",
  "component-not-authorised": "component-unauthorised",
  "identity-missing": "condition-failed",
  "wrong-vendor": "condition-failed",
  "wrong-class": "condition-failed",
  "wrong-device": "condition-failed",
  expired: "condition-failed",
  "freshness-unknown": "condition-failed",
  "condition-failed": "condition-failed",
  "component-state-unknown": "condition-failed",
  "image-too-large": "condition-failed",
  "image-too-short": "condition-failed",
  "image-too-long": "condition-failed",
  "image-digest-mismatch": "condition-failed",
  "slot-readback-mismatch": "condition-failed",
  rollback: "operation-failed",
  "sequence-reused": "operation-failed",
  "outside-window": "operation-failed",
  interlock: "operation-failed",
  "command-failed": "operation-failed",
  "image-match-missing": "operation-failed",
  "no-decryption-key": "operation-failed",
  "decryption-failed": "operation-failed",
  "ciphertext-unverified": "operation-failed",
};
