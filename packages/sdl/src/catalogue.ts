import source from "../catalogue/iec62443.json" with { type: "json" };
import type { ComponentType, Level, Requirement7 } from "./model/vocabulary.ts";

/** One row of 62443-4-1, in our own words. */
export interface ProcessRow {
  readonly id: string;
  readonly practice: string;
  readonly practiceName: string;
  readonly title: string;
  readonly intent: string;
  readonly evidence: readonly string[];
  /** `release`, `365d`, or `policy`. */
  readonly defaultMaxAge: string;
  readonly toolRole: string;
}

/** How well the first level of a row is known. */
export type LevelStatus =
  | "confirmed"
  | "confirmed_with_conflict"
  | "confirmed_with_numbering_difference"
  | "unconfirmed";

/** One row of 62443-4-2: a requirement or an enhancement. */
export interface ComponentRow {
  readonly id: string;
  readonly base: string;
  readonly enhancement: number;
  readonly fr: Requirement7;
  readonly types: readonly ComponentType[];
  readonly slFrom: Level;
  readonly title: string;
  readonly intent: string;
  readonly evidence: readonly string[];
  readonly levelStatus: LevelStatus;
}

/** An edition as data: rows and ids come from here alone, so that another edition is another file. */
export interface Catalogue {
  readonly edition: string;
  readonly processRows: ReadonlyMap<string, ProcessRow>;
  readonly componentRows: ReadonlyMap<string, ComponentRow>;
  readonly foundational: readonly { readonly code: Requirement7; readonly name: string }[];
  /** Constraints that hold for every component. */
  readonly constraints: readonly { readonly id: string; readonly title: string; readonly intent: string }[];
  /** `CR 3.10` to its rows per type. */
  readonly delegated: ReadonlyMap<string, readonly string[]>;
  readonly withoutRequirement: readonly string[];
}

/** The file's form, as far as it is read. */
export interface CatalogueSource {
  readonly version: string;
  readonly editions: Readonly<Record<string, string>>;
  readonly iec62443_4_1: readonly {
    readonly id: string;
    readonly practice: string;
    readonly practice_name: string;
    readonly title: string;
    readonly intent: string;
    readonly auditor_evidence: readonly string[];
    readonly default_max_age: string;
    readonly toolchain_role: string;
  }[];
  readonly iec62443_4_2: {
    readonly fr: Readonly<Record<string, { readonly code: string; readonly name: string }>>;
    readonly ccsc: readonly { readonly id: string; readonly title: string; readonly intent: string }[];
    readonly requirements: readonly {
      readonly id: string;
      readonly base: string;
      readonly re: number;
      readonly fr_code: string;
      readonly component_types: readonly string[];
      readonly sl_from: number;
      readonly title: string;
      readonly intent: string;
      readonly auditor_evidence: readonly string[];
      readonly sl_status: string;
    }[];
    readonly no_component_requirement: readonly { readonly id: string }[];
    readonly delegated: readonly { readonly id: string; readonly delegated_to: readonly string[] }[];
  };
}

export function readCatalogue(from: CatalogueSource): Catalogue {
  const { iec62443_4_1: process, iec62443_4_2: component } = from;
  return {
    edition: editionName(from),
    processRows: new Map(
      process.map((row) => [
        row.id,
        {
          id: row.id,
          practice: row.practice,
          practiceName: row.practice_name,
          title: row.title,
          intent: row.intent,
          evidence: row.auditor_evidence,
          defaultMaxAge: row.default_max_age === "per policy" ? "policy" : row.default_max_age,
          toolRole: row.toolchain_role,
        },
      ]),
    ),
    componentRows: new Map(
      component.requirements.map((row) => [
        row.id,
        {
          id: row.id,
          base: row.base,
          enhancement: row.re,
          fr: row.fr_code as Requirement7,
          types: row.component_types as readonly ComponentType[],
          slFrom: row.sl_from as Level,
          title: row.title,
          intent: row.intent,
          evidence: row.auditor_evidence,
          levelStatus: row.sl_status as LevelStatus,
        },
      ]),
    ),
    foundational: Object.values(component.fr).map(({ code, name }) => ({ code: code as Requirement7, name })),
    constraints: component.ccsc.map(({ id, title, intent }) => ({ id, title, intent })),
    delegated: new Map(component.delegated.map(({ id, delegated_to }) => [id, delegated_to])),
    withoutRequirement: component.no_component_requirement.map(({ id }) => id),
  };
}

/** `62443-4-1:2018+62443-4-2:2019`: part and year, without remarks. */
const editionName = ({ editions }: CatalogueSource): string =>
  Object.entries(editions)
    .map(([part, text]) => `${part}:${/^\d{4}/.exec(text)?.[0] ?? text}`)
    .join("+");

/** The edition that comes with this package. */
export const builtInSource: CatalogueSource = source;
export const builtInCatalogue: Catalogue = readCatalogue(builtInSource);

/** Rows whose level is not beyond doubt, until the vendor has looked into the licensed text. */
export const doubtfulRows = (catalogue: Catalogue): readonly ComponentRow[] =>
  [...catalogue.componentRows.values()].filter(({ levelStatus }) => levelStatus !== "confirmed");
