import { builtInCatalogue } from "./catalogue.ts";
import type { EmergencyGrant } from "./emergency.ts";
import type { GateCase, GateFinding, GateInput } from "./gate-context.ts";
import type { RowEvidence } from "./judge-row.ts";
import type { LevelVector } from "./model/vocabulary.ts";
import { gateOf, type RuleId } from "./rules.ts";
import type { CapabilityLevels, LimitingRow, RowStanding } from "./slc.ts";

export type RowState = "pass" | "fail" | "waived" | "stale" | "missing" | "not-applicable";

/** One row of the report: a gate (`G1`), a row of 62443-4-1 or one of 62443-4-2. */
export interface GateRow {
  readonly id: string;
  readonly state: RowState;
  readonly rule?: RuleId;
  readonly file?: string;
  readonly line?: number;
  readonly about?: string;
  /** SHA-256 of the envelopes that count for it. */
  readonly records: readonly string[];
  readonly maturity?: "practised" | "documented" | "none";
  readonly standing?: RowStanding;
}

/** What a gate run found. `verdict`, `rows` and `slC` are the contract for scripts. */
export interface GateReport {
  readonly verdict: "pass" | "waived" | "fail";
  readonly rows: readonly GateRow[];
  readonly slC: {
    readonly component: LevelVector;
    readonly integrated: LevelVector;
    readonly target: LevelVector;
    readonly limiting: readonly LimitingRow[];
    readonly unconfirmed: readonly string[];
  };
  readonly product: string;
  readonly release: string;
  readonly version: string;
  readonly images: readonly { readonly name: string; readonly sha256: string }[];
  readonly edition: string;
  /** SHA-256 of the catalogue that was used, and whether it is the one of this package. */
  readonly catalogue: { readonly sha256: string; readonly origin: "built-in" | "product" };
  /** RFC 3339, the time the gate was judged for. */
  readonly judgedAt: string;
  readonly waivers: readonly string[];
  readonly emergency?: EmergencyGrant;
  /** Test keys were allowed to sign: an example, never a product. */
  readonly keys: "production" | "test-only";
  readonly findings: readonly GateFinding[];
  readonly notes: readonly GateFinding[];
  readonly practices: readonly {
    readonly practice: string;
    readonly rows: number;
    readonly passed: number;
    readonly practised: number;
  }[];
}

export const gateNames: Readonly<Record<string, string>> = {
  G1: "identity",
  G2: "completeness",
  G3: "presence",
  G4: "freshness",
  G5: "binding",
  G6: "authority",
  G7: "content",
  G8: "claims",
  G9: "documents",
  G10: "rollback",
};

interface ReportParts {
  readonly input: GateInput;
  readonly given?: GateCase;
  readonly findings: readonly GateFinding[];
  readonly rows: readonly GateRow[];
  readonly waivers?: readonly string[];
  readonly emergency?: EmergencyGrant;
  readonly levels?: CapabilityLevels;
  readonly practice?: ReadonlyMap<string, RowEvidence>;
  readonly notes: readonly GateFinding[];
}

const nothing: LevelVector = { IAC: 0, UC: 0, SI: 0, DC: 0, RDF: 0, TRE: 0, RA: 0 };

export function reportOf({
  input,
  given,
  findings,
  rows,
  waivers = [],
  emergency,
  levels,
  practice,
  notes,
}: ReportParts): GateReport {
  const gates = Object.keys(gateNames).map((id): GateRow => {
    // Rules of form count for G2.
    const red = findings.find(({ rule }) => (gateOf(rule) ?? (rule.startsWith("emergency") ? "G6" : "G2")) === id);
    if (red === undefined && !couldJudge(id, given)) return { id, state: "missing", records: [] };
    return red === undefined
      ? { id, state: "pass", records: [] }
      : { id, state: "fail", records: [], rule: red.rule, file: red.file, line: red.line, about: red.about };
  });
  const all = [...gates, ...rows];
  const red =
    findings.length > 0 || rows.some(({ state }) => state === "fail" || state === "stale" || state === "missing");
  const waived = rows.some(({ state }) => state === "waived") || waivers.length > 0 || emergency !== undefined;
  return {
    verdict: red ? "fail" : waived ? "waived" : "pass",
    rows: all,
    slC: {
      component: levels?.component ?? nothing,
      integrated: levels?.integrated ?? nothing,
      target: input.model.single.product?.value.sl_c_target ?? nothing,
      limiting: levels?.limiting ?? [],
      unconfirmed: levels?.unconfirmed ?? [],
    },
    product: input.model.single.product?.value.id ?? "",
    release: given?.chosen.value.id ?? input.release ?? "",
    version: given?.chosen.value.version ?? "",
    images: (given?.chosen.value.images ?? []).map(({ name, sha256 }) => ({ name, sha256 })),
    edition: input.catalogue.edition,
    catalogue: { sha256: input.catalogueDigest, origin: input.catalogue === builtInCatalogue ? "built-in" : "product" },
    judgedAt: new Date(input.now).toISOString(),
    waivers,
    ...(emergency === undefined ? {} : { emergency }),
    keys: input.model.single.policy?.value.key_storage ?? "production",
    findings,
    notes,
    practices: practicesOf(input, rows, practice),
  };
}

/** A gate that had nothing to look at did not pass. */
function couldJudge(id: string, given: GateCase | undefined): boolean {
  if (given === undefined) return false;
  if (["G4", "G5", "G6"].includes(id)) return given.records.length > 0;
  return id === "G2" || given.chosen.value.id !== "";
}

function practicesOf(
  input: GateInput,
  rows: readonly GateRow[],
  practice: ReportParts["practice"],
): GateReport["practices"] {
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const names = [...new Set([...input.catalogue.processRows.values()].map((row) => row.practice))];
  return names.map((name) => {
    const own = [...input.catalogue.processRows.values()].filter((row) => row.practice === name);
    return {
      practice: name,
      rows: own.length,
      passed: own.filter(({ id }) => states.get(id) === "pass" || states.get(id) === "waived").length,
      practised: own.filter(({ id }) => practice?.get(id)?.maturity === "practised").length,
    };
  });
}
