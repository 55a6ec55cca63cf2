import { type Catalogue, doubtfulRows } from "./catalogue.ts";
import { type FileKind, fileKinds, type KindContent, schemaFile } from "./file-kinds.ts";
import type { ComponentType } from "./model/vocabulary.ts";
import { rowsOfType } from "./slc.ts";
import { day, isoDay } from "./span.ts";
import { schemasFrom, yamlText } from "./yaml-text.ts";

/** What must be known to begin. */
export interface NewProduct {
  readonly id: string;
  readonly vendor: string;
  readonly namespace: string;
  readonly contact: string;
  readonly type: ComponentType;
  readonly now: number;
  readonly catalogue: Catalogue;
  readonly catalogueDigest: string;
}

/** Stands where a person must write; lint names every place that still has it. */
export const placeholder = "(to be written)";

/** The first files of a product, below `.sdl/`: complete in form, honest about what is not written yet. */
export function initialFiles(product: NewProduct): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const today = isoDay(product.now);
  const put = <Kind extends FileKind>(path: string, kind: Kind, value: KindContent[Kind]): void => {
    files.set(path, yamlText(kind, value, schemasFrom(path)));
  };
  const { edition } = product.catalogue;
  put("product.yaml", "product", {
    id: product.id,
    name: product.id,
    vendor: { name: product.vendor, namespace: product.namespace, contact: product.contact },
    model: product.id,
    hw_revs: ["rev-a"],
    component_type: product.type,
    support_end: isoDay(product.now + 5 * 366 * day),
    support_reason: placeholder,
    branches: [{ name: "main", supported: "yes", versions: [] }],
    configurations: ["standard"],
    languages: ["en"],
    sl_c_target: { IAC: 1, UC: 1, SI: 1, DC: 1, RDF: 1, TRE: 1, RA: 1 },
    sl_c_reason: placeholder,
    safety_relevant: "no",
    cra_class: "unknown",
    guides: [],
  });
  put("context.yaml", "context", {
    intended_use: placeholder,
    environment: [placeholder],
    users: [{ id: "operator", description: placeholder }],
    assets: [{ id: "A-FIRMWARE", description: "the running image", needs: "integrity, availability" }],
    trust_boundaries: [{ id: "B-NETWORK", description: placeholder }],
    site_measures: [],
    reviewed: today,
  });
  put("soa.yaml", "soa", {
    edition,
    rows: [
      ...product.catalogue.processRows.keys(),
      ...rowsOfType(product.catalogue, product.type).map(({ id }) => id),
    ].map((row) => ({ row, applies: "yes" as const })),
  });
  put("policy.yaml", "policy", {
    version: "1",
    source: "git",
    algorithms: "classic",
    max_age: {},
    scan_database_max_age: "7d",
    threat_review_max_age: "365d",
    blocking_severity: "high",
    triage_within: "7d",
    timeliness: { exploited: "14d", critical: "30d", high: "60d", medium: "180d", low: "365d" },
    mitigation_within: "72h",
    timeliness_target: 0.9,
    waiver_max_days: 90,
    emergency_days: 14,
    approvals: 2,
    documented_is_enough: [],
    coding_rules: placeholder,
    key_storage: "production",
  });
  put("roles.yaml", "roles", { people: [{ id: "p-1", roles: ["security-lead"], keys: [], training: [] }] });
  put("keys.yaml", "keys", { keys: [] });
  put("suppliers.yaml", "suppliers", { suppliers: [] });
  put("interfaces.yaml", "interfaces", {
    changed: today,
    interfaces: [
      {
        id: "I-UPDATE",
        kind: "network",
        description: placeholder,
        boundary: "B-NETWORK",
        authentication: placeholder,
        default_state: "on",
        threats: ["T-SPOOFED-UPDATE"],
      },
    ],
  });
  put("accounts.yaml", "accounts", { accounts: [] });
  put("catalog.lock", "catalog-lock", { edition, digest: product.catalogueDigest, confirmed: [] });
  put("threats/T-SPOOFED-UPDATE.yaml", "threat", {
    id: "T-SPOOFED-UPDATE",
    title: "an update of somebody else is installed",
    assets: ["A-FIRMWARE"],
    rating: "critical",
    treatment: "mitigate",
    mitigations: [
      { id: "M-SIGNATURE", layer: "component", statement: "the device takes updates signed by the vendor's keys only" },
    ],
    tests: [],
    reviewed: today,
  });
  for (const kind of fileKinds)
    files.set(`schemas/${kind}.schema.json`, `${JSON.stringify(schemaFile(kind), null, 2)}\n`);
  return files;
}

/** What a small vendor does next, in this order. */
export const nextSteps = (catalogue: Catalogue): readonly string[] => [
  "write product.yaml and context.yaml: what it is, who uses it where, until when it is supported",
  "name the people in roles.yaml (ids only) and their public keys in keys.yaml: sumac keys new, sumac keys show",
  "add threats and requirements with the ids of the tests that answer them",
  "sumac sdl lint until it is silent, then sumac sdl gate: the red rows are the list of work",
  `check the ${doubtfulRows(catalogue).length} rows of doubtful level in your licensed text: sumac sdl catalog confirm`,
];
