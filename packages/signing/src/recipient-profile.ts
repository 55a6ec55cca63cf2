import { ok, type Result } from "@sumac/cbor";
import { algorithms } from "@sumac/cose";
import {
  commonLabel,
  conditionLabel,
  digestAlgorithmLabel,
  directiveLabel,
  everyExtension,
  manifestLabel,
  parameterLabel,
} from "@sumac/suit";
import { DescriptionReader, type DescriptionRefusal, type Field, type MapReader } from "./description-reader.ts";

/** How much a recipient takes; named as in its profile file. */
export type RecipientLimit =
  | "envelopeBytes"
  | "manifestBytes"
  | "components"
  | "dependencies"
  | "commands"
  | "sequenceItems"
  | "depth"
  | "uriBytes"
  | "invokeArgsBytes"
  | "imageBytes";

/** What a recipient may lack. */
export type RecipientSupport =
  | "manifest-member"
  | "condition"
  | "directive"
  | "parameter"
  | "digest"
  | "signature"
  | "extension"
  | "component";

/** What a constrained device can take, so that a release can be judged before one refuses it. */
export interface RecipientProfile {
  readonly name: string;
  /** Absent = not limited. */
  readonly limits: Readonly<Partial<Record<Exclude<RecipientLimit, "imageBytes">, bigint>>>;
  /** Names of the registries. Absent = everything; empty = nothing. */
  readonly supports: Readonly<Partial<Record<Exclude<RecipientSupport, "component">, readonly string[]>>>;
  /** Absent = any component, of any size. */
  readonly components?: readonly RecipientProfileComponent[];
}

export interface RecipientProfileComponent {
  /** Segments as text, as in a release description. */
  readonly id: readonly string[];
  readonly maxSize: bigint;
}

const sizeLimits = ["envelopeBytes", "manifestBytes", "uriBytes", "invokeArgsBytes"] as const;
const countLimits = ["components", "dependencies", "commands", "sequenceItems", "depth"] as const;

const highestCount = 65_536;

/** The lists of `supports`, each with the names that may stand in it. */
const supportLists = {
  manifestMembers: ["manifest-member", [...Object.keys(manifestLabel), ...Object.keys(commonLabel)]],
  conditions: ["condition", Object.keys(conditionLabel)],
  directives: ["directive", Object.keys(directiveLabel)],
  parameters: ["parameter", Object.keys(parameterLabel)],
  digests: ["digest", Object.keys(digestAlgorithmLabel)],
  signatures: ["signature", algorithms.map(({ name }) => name)],
  extensions: ["extension", everyExtension.map(({ name }) => name)],
} as const satisfies Readonly<Record<string, readonly [RecipientSupport, readonly string[]]>>;

type SupportKey = keyof typeof supportLists;
const supportKeys = Object.keys(supportLists) as SupportKey[];

/** Every key of a profile file, as a path. */
export const recipientProfileKeys: readonly string[] = [
  "recipient",
  ...[...sizeLimits, ...countLimits].map((key) => `limits.${key}`),
  ...supportKeys.map((key) => `supports.${key}`),
  "components.id",
  "components.maxSize",
];

/** Reads a recipient's profile (YAML), strictly: a limit that is misspelt would be no limit. */
export function parseRecipientProfile(file: Uint8Array): Result<RecipientProfile, DescriptionRefusal> {
  return DescriptionReader.read(file, (reader) => {
    const profile = reader.map(reader.root, ["recipient", "limits", "supports", "components"]);
    const name = reader.text(profile.required("recipient"), 64);
    const components = profile.optional("components");
    return ok({
      name,
      limits: readLimits(reader, profile.optional("limits")),
      supports: readSupports(reader, profile.optional("supports")),
      ...(components && { components: reader.list(components).map((item) => readComponent(reader, item)) }),
    });
  });
}

function readLimits(reader: DescriptionReader, field: Field | undefined): RecipientProfile["limits"] {
  if (field === undefined) return {};
  const given = reader.map(field, [...sizeLimits, ...countLimits]);
  return {
    ...readEach(given, sizeLimits, (value) => reader.size(value)),
    ...readEach(given, countLimits, (value) => BigInt(reader.integer(value, 0, highestCount))),
  };
}

function readEach<Key extends string>(
  given: MapReader<Key>,
  keys: readonly Key[],
  read: (field: Field) => bigint,
): Partial<Record<Key, bigint>> {
  const values: Partial<Record<Key, bigint>> = {};
  for (const key of keys) {
    const field = given.optional(key);
    if (field !== undefined) values[key] = read(field);
  }
  return values;
}

function readSupports(reader: DescriptionReader, field: Field | undefined): RecipientProfile["supports"] {
  if (field === undefined) return {};
  const given = reader.map(field, supportKeys);
  const supports: Partial<Record<Exclude<RecipientSupport, "component">, readonly string[]>> = {};
  for (const key of supportKeys) {
    const list = given.optional(key);
    if (list === undefined) continue;
    const [what, known] = supportLists[key];
    supports[what] = reader.list(list, "may-be-empty").map((item) => reader.name<string>(item, known));
  }
  return supports;
}

function readComponent(reader: DescriptionReader, item: Field): RecipientProfileComponent {
  const component = reader.map(item, ["id", "maxSize"]);
  return {
    id: reader.list(component.required("id")).map((segment) => reader.segment(segment)),
    maxSize: reader.size(component.required("maxSize")),
  };
}
