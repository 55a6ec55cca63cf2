import type { Result } from "@sumac/cbor";
import type { EvidenceResult } from "../model/evidence.ts";
import type { EvidenceKind } from "../model/vocabulary.ts";

/** What a report of a tool says, ready to become a record. */
export interface Collected {
  readonly kind: EvidenceKind;
  readonly tool: { readonly name: string; readonly version: string };
  readonly result: EvidenceResult;
}

/** The report is not what it should be; nothing of it is taken. */
export interface CollectRefusal {
  readonly code: "report-malformed" | "report-empty";
  readonly flaw: string;
}

/** Reads the report of one tool. A failed test or an open finding is a result, not a refusal. */
export type Collector = (bytes: Uint8Array) => Result<Collected, CollectRefusal>;
