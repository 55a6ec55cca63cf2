import {
  described,
  id,
  list,
  mapOf,
  number,
  oneOf,
  record,
  rowId,
  type Shape,
  span,
  text,
  wholeNumber,
} from "./shape.ts";
import type { SeverityClass } from "./vocabulary.ts";

/** `.sdl/policy.yaml`: the vendor's own numbers. None of them may be looser than what the code calls its limit. */
export interface Policy {
  readonly version: string;
  /** Where the proof of the source state comes from: this git work tree, or the signed record of the build. */
  readonly source: "git" | "provenance";
  readonly algorithms: "classic" | "hybrid" | "cnsa2";
  /** Per row: how old its newest record may be, where other than the catalogue's default. */
  readonly max_age: Readonly<Record<string, string>>;
  readonly scan_database_max_age: string;
  readonly threat_review_max_age: string;
  /** Issues of this class and above must be decided before a release. */
  readonly blocking_severity: Exclude<SeverityClass, "exploited">;
  readonly triage_within: string;
  /** From awareness to release, by class; `mitigation_within` only for exploited ones. */
  readonly timeliness: { readonly [Class in SeverityClass]: string };
  readonly mitigation_within: string;
  /** Share of updates in time below which SUM-5 fails, 0 to 1. */
  readonly timeliness_target: number;
  readonly waiver_max_days: number;
  readonly emergency_days: number;
  readonly approvals: number;
  /** Rows for which a written document suffices in this product, with the reason. */
  readonly documented_is_enough: readonly { readonly row: string; readonly reason: string }[];
  readonly coding_rules: string;
  /** `test-only` lets keys that everybody has sign: for examples, and the report says so. */
  readonly key_storage: "production" | "test-only";
}

export const policy: Shape<Policy> = record({
  version: id,
  source: described(
    "git: the work tree must be clean and tagged; provenance: the build system's signed record says so",
    oneOf("git", "provenance"),
  ),
  algorithms: oneOf("classic", "hybrid", "cnsa2"),
  max_age: described("row id to largest age of its record, such as SVV-3: 30d", mapOf(span)),
  scan_database_max_age: described("age of the vulnerability database at the time of the scan", span),
  threat_review_max_age: span,
  blocking_severity: oneOf("critical", "high", "medium", "low"),
  triage_within: span,
  timeliness: described(
    "from awareness to release, by class",
    record({ exploited: span, critical: span, high: span, medium: span, low: span }),
  ),
  mitigation_within: span,
  timeliness_target: described("share of updates released in time, 0 to 1", number),
  waiver_max_days: described("at most 180", wholeNumber),
  emergency_days: described("at most 30", wholeNumber),
  approvals: described("people who approve a release; at least 2", wholeNumber),
  documented_is_enough: list(record({ row: rowId, reason: text })),
  coding_rules: text,
  key_storage: described(
    "test-only: keys that everybody has may sign; for examples alone",
    oneOf("production", "test-only"),
  ),
});

/** `.sdl/catalog.lock`: which edition the records are judged by, and which doubtful rows the vendor has checked. */
export interface CatalogLock {
  readonly edition: string;
  readonly digest: string;
  readonly confirmed: readonly {
    readonly row: string;
    readonly sl_from: number;
    readonly by: string;
    readonly on: string;
  }[];
}

export const catalogLock: Shape<CatalogLock> = record({
  edition: text,
  digest: described("SHA-256 of the catalogue file", {
    schema: { type: "string", pattern: "^[0-9a-f]{64}$" },
  } as Shape<string>),
  confirmed: list(
    record({
      row: rowId,
      sl_from: wholeNumber,
      by: id,
      on: { schema: { type: "string", format: "date" } } as Shape<string>,
    }),
  ),
});
