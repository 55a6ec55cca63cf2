import type { SeverableName } from "@sumac/suit";
import type { RecipientLimit, RecipientSupport } from "./recipient-profile.ts";
import type { SectionName } from "./walk-manifest.ts";

/** error = a verifier will refuse it, or it is unsafe; warning = it works and should not be published; notice = advice. */
export type Severity = "error" | "warning" | "notice";

/**
 * What lint says about an envelope. `offset` counts from the start of the file and points at the command, member, block
 * or payload. `within`: found in the dependency that the envelope carries under this URI.
 */
export type Finding = {
  readonly severity: Severity;
  readonly offset: number;
  readonly within?: string;
} & FindingFacts;

/** `index` is a component index of the manifest, `component` a component identifier as `componentKey` writes it. */
export type FindingFacts =
  | { readonly code: "identity-condition-missing"; readonly condition: "vendor-identifier" | "class-identifier" }
  | {
      readonly code: "parameter-missing";
      readonly command: string;
      readonly parameter: string;
      readonly index: number;
    }
  | { readonly code: "image-match-missing"; readonly directive: Arrival; readonly index: number }
  | {
      readonly code: "source-component-invalid";
      readonly directive: "copy" | "swap";
      readonly index: number;
      readonly source: number;
    }
  | { readonly code: "content-mismatch"; readonly index: number }
  | { readonly code: "sequence-aborts"; readonly section: SectionName }
  | { readonly code: "image-size-missing"; readonly index: number }
  | { readonly code: "integrated-payload-unmatched"; readonly uri: string; readonly because: UnmatchedPayload }
  | { readonly code: "validate-missing" }
  | { readonly code: "validate-without-image-match" }
  | { readonly code: "text-not-severed"; readonly size: number }
  | { readonly code: "severed-without-gain"; readonly member: SeverableName; readonly size: number }
  | { readonly code: "member-absent"; readonly member: SeverableName }
  | { readonly code: "reference-uri-missing" }
  | { readonly code: "legacy-algorithm"; readonly algorithm: number; readonly replacement: number }
  | { readonly code: "uri-not-immutable"; readonly uri: string; readonly because: MutableUri; readonly index: number }
  | { readonly code: "uuid-version"; readonly parameter: string; readonly version: number }
  | { readonly code: "text-component-unknown"; readonly component: string }
  | {
      readonly code: "text-vendor-contradicts";
      readonly component: string;
      readonly language: string;
      readonly domain: string;
    }
  | {
      readonly code: "text-model-contradicts";
      readonly component: string;
      readonly language: string;
      readonly model: string;
    }
  | {
      readonly code: "text-version-contradicts";
      readonly component: string;
      readonly language: string;
      readonly version: string;
      /** What is signed, in words: `1.2.0`, or `at least 1.2.0`. */
      readonly signed: string;
      readonly field: "set-version" | "version";
    }
  | {
      readonly code: "text-languages-disagree";
      readonly component: string;
      readonly field: "component-version" | "vendor-domain";
      readonly values: readonly string[];
    }
  | { readonly code: "sequence-reused"; readonly sequence: bigint; readonly earlier: string }
  | { readonly code: "sequence-not-higher"; readonly sequence: bigint; readonly highest: bigint }
  | { readonly code: "dependency-index-outside"; readonly index: number; readonly components: number }
  | { readonly code: "dependency-image-size"; readonly index: number; readonly size: bigint }
  | { readonly code: "dependency-integrity-missing"; readonly index: number }
  | { readonly code: "dependency-section-not-run"; readonly index: number; readonly section: SectionName }
  | { readonly code: "encryption-info-invalid"; readonly because: string }
  | { readonly code: "encryption-header-unsorted" }
  | {
      readonly code: "recipient-limit-exceeded";
      readonly limit: RecipientLimit;
      readonly found: bigint;
      readonly allowed: bigint;
      /** Whose image it is; only with the limit `imageBytes`. */
      readonly component?: string;
    }
  | {
      readonly code: "recipient-unsupported";
      readonly what: RecipientSupport;
      /** As the specification names it; a component by its key. */
      readonly name: string;
    };

/** What brings bytes into a component that nobody has compared yet. */
export type Arrival = "fetch" | "copy" | "write" | "swap";

/** Why what is fetched tomorrow may not be what is fetched today (docs/spec/lint.md). */
export type MutableUri = "moving-name" | "unversioned" | "expiring-query";

/** Integrated payloads are unsigned: what no image-match compares, anybody can exchange. */
export type UnmatchedPayload = "not-fetched" | "not-matched" | "other-bytes";

/** A code is always as serious. */
export const severityOf: Readonly<Record<FindingFacts["code"], Severity>> = {
  "identity-condition-missing": "error",
  "parameter-missing": "error",
  "image-match-missing": "error",
  "source-component-invalid": "error",
  "content-mismatch": "error",
  "sequence-aborts": "error",
  "image-size-missing": "warning",
  "integrated-payload-unmatched": "error",
  "validate-missing": "warning",
  "validate-without-image-match": "warning",
  "text-not-severed": "warning",
  "severed-without-gain": "notice",
  "member-absent": "notice",
  "reference-uri-missing": "notice",
  "legacy-algorithm": "warning",
  "uri-not-immutable": "warning",
  "uuid-version": "warning",
  "text-component-unknown": "warning",
  "text-vendor-contradicts": "error",
  "text-model-contradicts": "warning",
  "text-version-contradicts": "error",
  "text-languages-disagree": "error",
  "sequence-reused": "error",
  "sequence-not-higher": "error",
  "dependency-index-outside": "warning",
  "dependency-image-size": "warning",
  "dependency-integrity-missing": "error",
  "dependency-section-not-run": "error",
  "encryption-info-invalid": "error",
  "encryption-header-unsorted": "warning",
  "recipient-limit-exceeded": "error",
  "recipient-unsupported": "error",
};

export const finding = (offset: number, facts: FindingFacts): Finding => ({
  severity: severityOf[facts.code],
  offset,
  ...facts,
});
