import type { SeverableName } from "@sumac/suit";

/** error = a verifier will refuse it, or it is unsafe; warning = it works and should not be published; notice = advice. */
export type Severity = "error" | "warning" | "notice";

/** What lint says about an envelope. `offset` counts from the start of the file and points at the command or member. */
export type Finding = { readonly severity: Severity; readonly offset: number } & FindingFacts;

export type FindingFacts =
  | { readonly code: "identity-condition-missing"; readonly condition: "vendor-identifier" | "class-identifier" }
  | { readonly code: "parameter-missing"; readonly command: string; readonly parameter: string }
  | { readonly code: "image-match-missing"; readonly directive: "fetch" | "copy" | "write" }
  | { readonly code: "image-size-missing" }
  | { readonly code: "validate-missing" }
  | { readonly code: "validate-without-image-match" }
  | { readonly code: "text-not-severed"; readonly size: number }
  | { readonly code: "severed-without-gain"; readonly member: SeverableName; readonly size: number }
  | { readonly code: "text-component-unknown"; readonly component: string }
  | { readonly code: "reference-uri-missing" }
  | { readonly code: "legacy-algorithm"; readonly algorithm: number; readonly replacement: number }
  | { readonly code: "uri-not-immutable"; readonly uri: string }
  | { readonly code: "uuid-version"; readonly parameter: string; readonly version: number }
  | { readonly code: "member-absent"; readonly member: SeverableName };
