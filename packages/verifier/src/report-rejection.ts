import type { ReportReason, ReportSection, SuitRefusal } from "@sumac/suit";

/** Every reason not to believe a report. Key ids, digests and nonces are lower-case hex; none of the codes is ever reused. */
export type ReportRejection = SuitRefusal | UnbelievedReport;

/** What can be wrong with a report that is well formed. */
export type UnbelievedReport =
  /** Signed under another key id than the device's. */
  | { readonly code: "report-signer-unknown"; readonly keyId: string; readonly expected: string }
  | { readonly code: "report-algorithm-not-allowed"; readonly algorithm: number | bigint | null }
  | { readonly code: "report-signature-invalid"; readonly keyId: string }
  /** `received` null = the report has none. */
  | { readonly code: "report-nonce-mismatch"; readonly expected: string; readonly received: string | null }
  | { readonly code: "report-digest-mismatch"; readonly expected: string; readonly received: string }
  /** `expected` null = the manifest has no reference-uri. */
  | { readonly code: "report-uri-mismatch"; readonly expected: string | null; readonly received: string }
  | { readonly code: "report-manifest-unknown"; readonly manifest: readonly number[] }
  /** The manifest has no such sequence, or it was severed and did not come along. */
  | { readonly code: "report-section-unknown"; readonly section: ReportSection }
  /** No command stands there, or one that neither is a condition nor has a reporting policy. */
  | { readonly code: "report-record-pointless"; readonly section: ReportSection; readonly offset: number }
  | { readonly code: "report-component-unknown"; readonly component: number }
  /** The device says that it succeeded, and measured another image than this match let through. */
  | { readonly code: "report-measurement-contradicts"; readonly section: ReportSection; readonly offset: number }
  /** The command cannot have ended the procedure for this reason. */
  | {
      readonly code: "report-reason-contradicts";
      readonly reason: ReportReason;
      readonly section: ReportSection;
      readonly offset: number;
    };

export const isUnbelievedReport = (rejection: { readonly code: string }): rejection is UnbelievedReport =>
  rejection.code.startsWith("report-");
