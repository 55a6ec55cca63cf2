export * from "./catalogue.ts";
export * from "./file-kinds.ts";
export * from "./finding.ts";
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
export * from "./product-model.ts";
export * from "./rules.ts";
export * from "./yaml-file.ts";
