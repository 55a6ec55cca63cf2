import { err, ok, type Result } from "@sumac/cbor";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import type { GateReport } from "../gate-report.ts";
import { hex64, list, oneOf, record, type Shape, text, wholeNumber } from "../model/shape.ts";
import { levelVector } from "../model/vocabulary.ts";
import { schemaFaults } from "../schema-faults.ts";
import { type DossierData, dossierFormat, editions } from "./dossier-data.ts";

/** The members that verification leans on; the rest is for readers. */
const leanedOn: Members = {
  format: oneOf(dossierFormat),
  edition: oneOf(...editions),
  tool: record({ name: text, version: text }),
  judgedAt: text,
  verdict: oneOf("pass", "waived", "fail"),
  files: {
    schema: { type: "array", maxItems: 20_000, items: record({ path: text, sha256: hex64, size: wholeNumber }).schema },
  },
};

type Members = Readonly<Record<string, Shape<unknown>>>;

const open = (needed: Members, optional: Members = {}): Shape<unknown> => ({
  schema: {
    type: "object",
    properties: Object.fromEntries(
      Object.entries({ ...needed, ...optional }).map(([name, shape]) => [name, shape.schema]),
    ),
    required: Object.keys(needed),
  },
});

const many = (needed: Members, optional: Members = {}): Shape<unknown> => ({
  schema: { type: "array", maxItems: 20_000, items: open(needed, optional).schema },
});

const slC = open({ component: levelVector, integrated: levelVector });
const rows = many({ id: text, state: text, records: list(hex64) });
const shape: Shape<unknown> = open({
  ...leanedOn,
  product: open({ id: text }),
  release: open({ id: text, version: text, images: many({ name: text, sha256: hex64 }) }),
  slC,
  gates: rows,
  practiceRows: rows,
  componentRows: rows,
  keys: many({ kid: hex64, public: text }),
  evidence: many({ id: text, sha256: hex64 }, { file: text, fault: text }),
});

const reportShape: Shape<unknown> = open({
  verdict: text,
  product: text,
  release: text,
  images: many({ sha256: hex64 }),
  rows: many({ id: text, state: text }),
  slC,
});

/** Takes `dossier.json` apart; what it says is not believed yet. */
export const readDossierList = (bytes: Uint8Array): Result<DossierData, { readonly flaw: string }> =>
  readJson<DossierData>(bytes, shape);

/** Takes `gate-report.json` of a dossier apart: the members that the list repeats. */
export const readDossierReport = (bytes: Uint8Array): Result<GateReport, { readonly flaw: string }> =>
  readJson<GateReport>(bytes, reportShape);

/** What it gives can be made canonical: no half characters, and no deeper than a stack. */
function readJson<T>(bytes: Uint8Array, wanted: Shape<unknown>): Result<T, { readonly flaw: string }> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    canonicalJson(value as JsonValue);
  } catch {
    return err({ flaw: "not JSON" });
  }
  const [fault] = schemaFaults(wanted, value);
  return fault === undefined ? ok(value as T) : err({ flaw: fault.about });
}
