import type { GateReport, GateRow } from "../gate-report.ts";

/** One duty of Annex I of Regulation (EU) 2024/2847, in our own words, and the rows whose evidence bears on it. */
interface AnnexItem {
  readonly id: string;
  readonly duty: string;
  /** Rows of 62443; a row of another component type is passed over. */
  readonly rows: readonly string[];
  /** What the rows do not show. */
  readonly beside?: string;
}

/** `3.10` of the type that is judged, whichever it is. */
const ofType = (row: string): readonly string[] => ["SAR", "EDR", "HDR", "NDR"].map((type) => `${type} ${row}`);

const annexItems: readonly AnnexItem[] = [
  { id: "I (1)", duty: "security that fits the risk", rows: ["SR-1", "SR-2", "SR-3"] },
  { id: "I (2)(a)", duty: "placed on the market without known exploitable vulnerabilities", rows: ["SM-11", "SVV-3"] },
  {
    id: "I (2)(b)",
    duty: "secure by default, and can be set back to that",
    rows: ["SG-3", "SG-6", "CR 7.4", "CR 7.6"],
  },
  {
    id: "I (2)(c)",
    duty: "can be repaired by security updates; where it fits automatically, with notice, opt-out and postponement",
    rows: ["SUM-1", "SUM-4", ...ofType("3.10")],
    beside: "automatic installation is off by default in industrial control, with the reason in the guide",
  },
  { id: "I (2)(d)", duty: "protected from access without right, and reports it", rows: ["CR 1.1", "CR 2.1", "CR 2.8"] },
  { id: "I (2)(e)", duty: "confidential data stay so", rows: ["CR 4.1", "CR 4.3"] },
  {
    id: "I (2)(f)",
    duty: "integrity of data, commands, programs and settings; corruption is reported",
    rows: ["CR 3.1", "CR 3.4", ...ofType("3.14")],
  },
  {
    id: "I (2)(g)",
    duty: "no more data than the purpose needs",
    rows: [],
    beside: "no row of the catalogue is about this: show it with the data of the context",
  },
  { id: "I (2)(h)", duty: "essential functions stay available", rows: ["CR 7.1", "CR 7.2"] },
  { id: "I (2)(i)", duty: "does no harm to other devices and networks", rows: ["SD-2", "CR 7.1"] },
  { id: "I (2)(j)", duty: "few ways to attack it", rows: ["SD-1", "CR 7.7"] },
  { id: "I (2)(k)", duty: "an incident has limited effect", rows: ["SD-2", "SI-2"] },
  { id: "I (2)(l)", duty: "records what bears on security", rows: ["CR 2.8", "CR 6.1"] },
  { id: "I (2)(m)", duty: "users can remove data and settings for good", rows: ["SG-4", "CR 4.2"] },
  { id: "II (1)", duty: "components and vulnerabilities are known; a bill of materials", rows: ["SM-9", "DM-3"] },
  {
    id: "II (2)",
    duty: "vulnerabilities are remedied without delay, security apart from features where feasible",
    rows: ["DM-4", "SUM-5"],
  },
  { id: "II (3)", duty: "regular tests of security", rows: ["SVV-1", "SVV-2", "SVV-3", "SVV-4"] },
  { id: "II (4)", duty: "fixed vulnerabilities are told of once the update is there", rows: ["DM-5"] },
  { id: "II (5)", duty: "a policy of coordinated disclosure", rows: ["DM-1"] },
  { id: "II (6)", duty: "a way to report vulnerabilities, also of bought-in parts", rows: ["DM-1", "SM-10"] },
  { id: "II (7)", duty: "updates are distributed securely and in time", rows: ["SM-6", "SUM-4", "SUM-5"] },
  { id: "II (8)", duty: "updates come without delay, free of charge, with advice", rows: ["SUM-2", "SUM-5", "DM-5"] },
];

export interface AnnexState extends AnnexItem {
  readonly state: "shown" | "waived" | "not-shown" | "no-row";
  /** Rows of the report that stand for it. */
  readonly judged: readonly Pick<GateRow, "id" | "state">[];
}

/** How the evidence of a release answers to each item: an index for an assessor, no statement of conformity. */
export function annexStates(report: GateReport): readonly AnnexState[] {
  const rows = new Map(report.rows.map((row) => [row.id, row]));
  return annexItems.map((item) => {
    const judged = item.rows.flatMap((id) => {
      const row = rows.get(id);
      return row === undefined || row.state === "not-applicable" ? [] : [{ id, state: row.state }];
    });
    const worst = judged.some(({ state }) => state !== "pass" && state !== "waived");
    const waived = judged.some(({ state }) => state === "waived");
    return {
      ...item,
      judged,
      state: judged.length === 0 ? "no-row" : worst ? "not-shown" : waived ? "waived" : "shown",
    };
  });
}
