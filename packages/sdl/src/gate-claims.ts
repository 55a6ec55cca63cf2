import type { EvidenceRecord } from "./evidence-record.ts";
import { about, aboutFile, type GateCase, type GateFinding } from "./gate-context.ts";
import { sdlFolder } from "./product-model.ts";
import { type CapabilityLevels, capabilityLevels, type RowStanding, rowsOfType, shortfall } from "./slc.ts";

/** A 4-2 row of this product with the records it leans on. */
interface ComponentRowState {
  readonly id: string;
  readonly standing: RowStanding;
  /** Whether the declared target needs it. */
  readonly counts: "yes" | "no";
  readonly records: readonly EvidenceRecord[];
  readonly finding?: GateFinding;
}

export interface ClaimsVerdict {
  readonly rows: readonly ComponentRowState[];
  readonly levels: CapabilityLevels;
  readonly findings: readonly GateFinding[];
}

const proving: readonly string[] = ["test", "review", "scan", "drill"];

/** G8: what the evidence on these images gives, against what product.yaml declares. */
export function judgeClaims(
  given: GateCase,
  records: readonly EvidenceRecord[],
  outcomes: ReadonlyMap<string, string>,
): ClaimsVerdict {
  const product = given.product.value;
  const soa = new Map((given.model.single.soa?.value.rows ?? []).map((entry) => [entry.row, entry]));
  const claims = [...given.model.many.claim.values()];
  const findings: GateFinding[] = [];
  const rows = rowsOfType(given.catalogue, product.component_type).map((row): ComponentRowState => {
    const counts = row.slFrom <= product.sl_c_target[row.fr] ? "yes" : "no";
    const decided = soa.get(row.id)?.applies;
    if (decided === "no") return { id: row.id, standing: "not-applicable", counts, records: [] };
    const own = claims.filter(({ value }) => value.row === row.id);
    const byHand = records.filter(
      ({ evidence }) =>
        evidence.rows.includes(row.id) && proving.includes(evidence.kind) && evidence.result.outcome !== "failed",
    );
    const failed = records.find(
      ({ evidence }) => evidence.rows.includes(row.id) && evidence.result.outcome === "failed",
    );
    const claim = own.find(({ value }) => value.by === "component");
    if (claim !== undefined && decided !== "by-integration") {
      const unproven = claim.value.tests.find((test) => outcomes.get(test) !== "passed");
      const index = unproven === undefined ? -1 : claim.value.tests.indexOf(unproven);
      const proven =
        unproven === undefined && failed === undefined && (claim.value.tests.length > 0 || byHand.length > 0);
      if (proven) return { id: row.id, standing: "met", counts, records: byHand };
      const place = claim.place(index < 0 ? ["tests"] : ["tests", index]);
      const fact =
        unproven === undefined
          ? `${row.id}: no test and no record`
          : `${row.id}: ${unproven} ${outcomes.get(unproven) ?? "not run"}`;
      const finding = about("G8-claim-unproven", place, fact, row.id);
      findings.push(finding);
      return { id: row.id, standing: "not-met", counts, records: [], finding };
    }
    const measured = own.some(({ value }) => value.by === "integration") || decided === "by-integration";
    if (measured && coveredByMeasure(given, row.id))
      return { id: row.id, standing: "by-integration", counts, records: [] };
    const finding = aboutFile("G3-missing", `${sdlFolder}/claims`, `${row.id}: no claim`, row.id);
    return { id: row.id, standing: "not-met", counts, records: [], finding };
  });
  const standing = new Map(rows.map(({ id, standing: state }) => [id, state]));
  const confirmed = new Set((given.model.single["catalog-lock"]?.value.confirmed ?? []).map(({ row }) => row));
  const levels = capabilityLevels(given.catalogue, product.component_type, standing, confirmed);
  for (const fr of shortfall(levels.integrated, product.sl_c_target)) {
    const limit = levels.limitingIntegrated.filter((row) => row.fr === fr).map(({ row }) => row);
    findings.push(
      about(
        "G8-below-target",
        given.product.place(["sl_c_target", fr]),
        `SL-C(${fr}): ${levels.integrated[fr]} of ${product.sl_c_target[fr]}, held down by ${limit.join(", ")}`,
      ),
    );
  }
  if (given.model.single.context === undefined)
    findings.push(aboutFile("G8-context", `${sdlFolder}/context.yaml`, "context.yaml"));
  return { rows, levels, findings };
}

/** CCSC 2: the guide names the measure that stands in for the row. */
function coveredByMeasure(given: GateCase, row: string): boolean {
  const decided = given.model.single.soa?.value.rows.find((entry) => entry.row === row)?.measure;
  const claimed = [...given.model.many.claim.values()].find(
    ({ value }) => value.row === row && value.by === "integration",
  )?.value.measure;
  const measure = given.model.single.context?.value.site_measures.find(({ id }) => id === (decided ?? claimed));
  return measure?.rows.includes(row) ?? false;
}
