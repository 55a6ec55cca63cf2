import { type ReportReason, reportReason } from "@sumac/suit";
import { expect, test } from "vitest";
import type { Rejection, RejectionCode } from "./rejection.ts";
import { reportReasonFor } from "./report-reason.ts";

/** The numbers of suit.md 6, last column. */
test.each<[Rejection, number]>([
  [{ code: "malformed", reason: "truncated", field: "envelope", offset: 3 }, 1],
  [{ code: "limit-exceeded", limit: "maxDepth", offset: 3 }, 1],
  [{ code: "algorithm-not-allowed", algorithm: -7, keyId: null }, 3],
  [{ code: "signature-invalid", keyId: null }, 4],
  [{ code: "manifest-digest-mismatch", claimed: "", computed: "" }, 4],
  [{ code: "unsupported", field: "manifest.install.0", offset: 3, label: 34 }, 5],
  [{ code: "component-unknown", component: "00" }, 6],
  [{ code: "component-not-authorised", component: "00", role: "release" }, 7],
  [{ code: "unsupported", field: "manifest.install.0.override-parameters", offset: 3, label: 19 }, 8],
  [{ code: "unsupported", field: "manifest.install.0.set-parameters", offset: 3, label: 19 }, 8],
  [{ code: "unsupported", field: "encryption-info.recipients.0.unprotected", offset: 3, label: -20 }, 8],
  [{ code: "unsupported", field: "encryption-info.alg", offset: 3, label: 24 }, 3],
  [{ code: "unsupported", field: "envelope.authentication-wrapper.digest.algorithm", offset: 3, label: -45 }, 3],
  [{ code: "unsupported", field: "manifest.algorithms", offset: 3, label: 1 }, 5],
  [{ code: "unsupported", field: "manifest.install.0.override-parameters.other", offset: 3, label: 1 }, 5],
  [{ code: "unsupported", field: "manifest.encryption-info", offset: 3, label: 1 }, 5],
  [{ code: "severed-member-missing", member: "install" }, 9],
  [{ code: "image-digest-mismatch", expected: "", computed: "" }, 10],
  [{ code: "expired", useBefore: 1n, now: 2n }, 10],
  [{ code: "rollback", offered: 1n, floor: 2n }, 11],
  [{ code: "decryption-failed", because: "key-unwrap" }, 11],
  [{ code: "dependency-refused", dependency: 1, offset: 3, because: { code: "rollback", offered: 1n, floor: 2n } }, 11],
  [{ code: "dependency-refused", dependency: 1, offset: 3, because: { code: "signer-unknown", keyIds: [] } }, 4],
])("%o is reason %i", (rejection, number) => {
  expect(reportReason[reportReasonFor(rejection)]).toBe(number);
});

/** Every code that means one reason, whatever its facts are. */
const byReason: Readonly<Partial<Record<ReportReason, readonly RejectionCode[]>>> = {
  "cbor-parse": ["malformed", "too-large", "limit-exceeded"],
  "alg-unsupported": ["algorithm-not-allowed", "digest-not-allowed"],
  unauthorised: [
    "signature-invalid",
    "signer-unknown",
    "threshold-not-met",
    "manifest-digest-mismatch",
    "severed-member-mismatch",
    "member-unauthenticated",
    "not-approved",
  ],
  "component-unsupported": ["component-unknown"],
  "component-unauthorised": ["component-not-authorised"],
  "severing-unsupported": ["severed-member-missing"],
  "condition-failed": [
    "identity-missing",
    "wrong-vendor",
    "wrong-class",
    "wrong-device",
    "expired",
    "freshness-unknown",
    "condition-failed",
    "component-state-unknown",
    "image-too-large",
    "image-too-short",
    "image-too-long",
    "image-digest-mismatch",
    "slot-readback-mismatch",
  ],
  "operation-failed": [
    "rollback",
    "sequence-reused",
    "outside-window",
    "interlock",
    "command-failed",
    "image-match-missing",
    "no-decryption-key",
    "decryption-failed",
    "ciphertext-unverified",
  ],
};

test.each(Object.entries(byReason))("%s is the reason of %j", (reason, codes) => {
  for (const code of codes) expect(reportReasonFor({ code } as Rejection), code).toBe(reason);
});
