export * from "./canonical-json.ts";
export * from "./catalogue.ts";
export * from "./dsse.ts";
export * from "./evidence-record.ts";
export * from "./file-kinds.ts";
export * from "./finding.ts";
export * from "./gate.ts";
export * from "./gate-context.ts";
export * from "./gate-report.ts";
export * from "./gate-update.ts";
export * from "./issue-clock.ts";
export * from "./model/analysis.ts";
export * from "./model/defect.ts";
export * from "./model/evidence.ts";
export type { Key, Keys, Person, Roles, Suppliers } from "./model/people.ts";
export type { CatalogLock, Policy } from "./model/policy.ts";
export type {
  Accounts,
  Context,
  Interfaces,
  Product,
  SiteMeasure,
  SoaRow,
  StatementOfApplicability,
  Zones,
} from "./model/product.ts";
export type { Image, Release } from "./model/release.ts";
export type { Compat, Qualification, QualifiedCell, RestartScope, UpdateDoc } from "./model/update.ts";
export * from "./model/vocabulary.ts";
export * from "./practice-rows.ts";
export * from "./product-model.ts";
export * from "./rules.ts";
export * from "./slc.ts";
export * from "./span.ts";
export * from "./yaml-file.ts";
export * from "./yaml-text.ts";
