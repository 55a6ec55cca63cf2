import { hex64, id, instant, list, mapOf, number, oneOf, record, rowId, type Shape, text } from "./shape.ts";
import { type EvidenceKind, evidenceKind, type Role, role } from "./vocabulary.ts";

export const statementType = "https://in-toto.io/Statement/v1";
/** The predicate of this project. */
export const evidencePredicate = "urn:sumac:predicate:sdl-evidence/v1";

/** An in-toto Statement v1 with our predicate: what every file in `.sdl/evidence/` says once its envelope is open. */
export interface EvidenceStatement {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof evidencePredicate;
  readonly predicate: Evidence;
}

/** An image or document by SHA-256, or a git tree. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256?: string; readonly gitTree?: string };
}

export interface Evidence {
  readonly id: string;
  /** Catalogue edition of the rows. */
  readonly edition: string;
  readonly rows: readonly string[];
  readonly kind: EvidenceKind;
  /** `release`: its subject must be the images of a release; `process`: documents or a source tree. */
  readonly scope: "release" | "process";
  readonly produced_at: string;
  readonly valid_until: string;
  readonly tool: { readonly name: string; readonly version: string; readonly sha256?: string };
  readonly inputs: readonly { readonly uri: string; readonly sha256: string }[];
  readonly result: EvidenceResult;
  readonly person: string;
  readonly role: Role;
  /** Whose work was judged: the signer must be none of them. */
  readonly independence: { readonly of: readonly string[]; readonly statement: string };
}

export interface EvidenceResult {
  readonly outcome: "passed" | "failed" | "recorded";
  readonly summary: string;
  /** Test id to outcome. */
  readonly tests?: Readonly<Record<string, "passed" | "failed" | "skipped">>;
  /** Counters of the tool, such as lines covered or executions of a fuzzer. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly findings?: readonly {
    readonly id: string;
    readonly severity: "critical" | "high" | "medium" | "low" | "none";
    readonly text: string;
  }[];
  /** Day of the vulnerability database, for scans that have one. */
  readonly database_date?: string;
  /** Commit and tag of the build, for provenance. */
  readonly source?: {
    readonly commit: string;
    readonly tree: string;
    readonly tag: string;
    readonly state: "clean" | "dirty";
  };
}

const gitObject: Shape<string> = { schema: { type: "string", pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$" } };

export const evidenceStatement: Shape<EvidenceStatement> = record({
  _type: oneOf(statementType),
  subject: list(record({ name: text, digest: record({}, { sha256: hex64, gitTree: gitObject }) }), 1),
  predicateType: oneOf(evidencePredicate),
  predicate: record({
    id,
    edition: text,
    rows: list(rowId, 1),
    kind: evidenceKind,
    scope: oneOf("release", "process"),
    produced_at: instant,
    valid_until: instant,
    tool: record({ name: text, version: text }, { sha256: hex64 }),
    inputs: list(record({ uri: text, sha256: hex64 })),
    result: record(
      { outcome: oneOf("passed", "failed", "recorded"), summary: text },
      {
        tests: { schema: { type: "object", additionalProperties: { enum: ["passed", "failed", "skipped"] } } } as Shape<
          Readonly<Record<string, "passed" | "failed" | "skipped">>
        >,
        figures: mapOf(number),
        findings: list(record({ id: text, severity: oneOf("critical", "high", "medium", "low", "none"), text })),
        database_date: { schema: { type: "string", format: "date" } } as Shape<string>,
        source: record({ commit: gitObject, tree: gitObject, tag: text, state: oneOf("clean", "dirty") }),
      },
    ),
    person: id,
    role,
    independence: record({ of: list(id), statement: text }),
  }),
});
