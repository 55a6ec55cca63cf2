import {
  type Claim,
  claim,
  type Requirement,
  type Review,
  requirement,
  review,
  type Threat,
  threat,
  type Waiver,
  waiver,
} from "./model/analysis.ts";
import { type Issue, issue } from "./model/defect.ts";
import { type Keys, keys, type Roles, roles, type Suppliers, suppliers } from "./model/people.ts";
import { type CatalogLock, catalogLock, type Policy, policy } from "./model/policy.ts";
import {
  type Accounts,
  accounts,
  type Context,
  context,
  type Interfaces,
  interfaces,
  type Product,
  product,
  type StatementOfApplicability,
  soa,
  type Zones,
  zones,
} from "./model/product.ts";
import { type Release, release } from "./model/release.ts";
import type { JsonSchema, Shape } from "./model/shape.ts";
import {
  type Compat,
  compat,
  type Delivery,
  delivery,
  type Qualification,
  qualification,
  type UpdateDoc,
  updateDoc,
} from "./model/update.ts";

/** Every kind of YAML file below `.sdl/`, and what one holds. */
export interface KindContent {
  readonly product: Product;
  readonly context: Context;
  readonly soa: StatementOfApplicability;
  readonly policy: Policy;
  readonly roles: Roles;
  readonly keys: Keys;
  readonly suppliers: Suppliers;
  readonly interfaces: Interfaces;
  readonly accounts: Accounts;
  readonly zones: Zones;
  readonly "catalog-lock": CatalogLock;
  readonly threat: Threat;
  readonly requirement: Requirement;
  readonly claim: Claim;
  readonly issue: Issue;
  readonly review: Review;
  readonly waiver: Waiver;
  readonly release: Release;
  readonly "update-doc": UpdateDoc;
  readonly qualification: Qualification;
  readonly compat: Compat;
  readonly delivery: Delivery;
}
export type FileKind = keyof KindContent;

export const shapes: { readonly [Kind in FileKind]: Shape<KindContent[Kind]> } = {
  product,
  context,
  soa,
  policy,
  roles,
  keys,
  suppliers,
  interfaces,
  accounts,
  zones,
  "catalog-lock": catalogLock,
  threat,
  requirement,
  claim,
  issue,
  review,
  waiver,
  release,
  "update-doc": updateDoc,
  qualification,
  compat,
  delivery,
};
export const fileKinds: readonly FileKind[] = Object.keys(shapes) as FileKind[];

export const singleFiles: Readonly<Record<string, FileKind>> = {
  "product.yaml": "product",
  "catalog.lock": "catalog-lock",
  "soa.yaml": "soa",
  "policy.yaml": "policy",
  "roles.yaml": "roles",
  "keys.yaml": "keys",
  "suppliers.yaml": "suppliers",
  "context.yaml": "context",
  "interfaces.yaml": "interfaces",
  "accounts.yaml": "accounts",
};
/** Not every product has one. */
const optionalFiles: Readonly<Record<string, FileKind>> = { "zones.yaml": "zones" };

const folders: Readonly<Record<string, FileKind>> = {
  threats: "threat",
  requirements: "requirement",
  claims: "claim",
  issues: "issue",
  reviews: "review",
  waivers: "waiver",
  releases: "release",
};
const updateFiles: Readonly<Record<string, FileKind>> = {
  "update-doc.yaml": "update-doc",
  "qualification.yaml": "qualification",
  "compat.yaml": "compat",
  "delivery.yaml": "delivery",
};

/** What a path below `.sdl/` holds: a kind, a signed record, data named by digest, or nothing that belongs there. */
export function kindOfFile(path: string): FileKind | "evidence" | "data" | undefined {
  const single = own(singleFiles, path) ?? own(optionalFiles, path);
  if (single !== undefined) return single;
  const [folder = "", name = "", third, ...rest] = path.split("/");
  if (folder === "data" || folder === "gate" || folder === "schemas") return "data";
  if (rest.length > 0) return undefined;
  if (folder === "updates") return third === undefined ? undefined : own(updateFiles, third);
  if (third !== undefined) return undefined;
  if (folder === "evidence") return name.endsWith(".dsse.json") ? "evidence" : undefined;
  return name.endsWith(".yaml") ? own(folders, folder) : undefined;
}

/** A file may be called `constructor`. */
const own = (table: Readonly<Record<string, FileKind>>, name: string): FileKind | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** The schema file of a kind, for editors: `schemas/KIND.schema.json`. */
export const schemaFile = (kind: FileKind): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: `Sumac SDL file: ${kind}`,
  ...shapes[kind].schema,
});
