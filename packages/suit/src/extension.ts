import { firmwareEncryption } from "./firmware-encryption-24.ts";
import { trustDomains } from "./trust-domains-12.ts";
import { updateManagement } from "./update-management-14/labels.ts";

/** A document beside the core that a parser can be told to understand. Without that its numbers are `unsupported`. */
export type Extension = "trust-domains" | "update-management-14" | "firmware-encryption";

/** What a dump names as the documents it reads by. */
export const extensionDraft: Readonly<Record<Extension, string>> = {
  "trust-domains": "draft-ietf-suit-trust-domains-12",
  "update-management-14": "draft-ietf-suit-update-management-14",
  "firmware-encryption": "draft-ietf-suit-firmware-encryption-24",
};

/** The registries in which an extension may have rows. */
export type RegistryKind = "manifest" | "common" | "condition" | "directive" | "parameter";

type Rows = Readonly<Record<RegistryKind, Readonly<Record<string, number>>>>;

const registries: readonly (readonly [Extension, Rows])[] = [
  ["trust-domains", trustDomains],
  ["update-management-14", updateManagement],
  ["firmware-encryption", firmwareEncryption],
];

const ownersOf = (kind: RegistryKind): ReadonlyMap<string, Extension> =>
  new Map(registries.flatMap(([extension, rows]) => Object.keys(rows[kind]).map((name) => [name, extension])));

const owners: Readonly<Record<RegistryKind, ReadonlyMap<string, Extension>>> = {
  manifest: ownersOf("manifest"),
  common: ownersOf("common"),
  condition: ownersOf("condition"),
  directive: ownersOf("directive"),
  parameter: ownersOf("parameter"),
};

/** Whether a name of a registry may be used: it is of the core, or of an extension that is on. */
export function isEnabled(kind: RegistryKind, name: string, extensions: readonly Extension[]): boolean {
  const owner = owners[kind].get(name);
  return owner === undefined || extensions.includes(owner);
}
