import type { Catalogue, ComponentRow } from "./catalogue.ts";
import type { ComponentType, Level, LevelVector, Requirement7 } from "./model/vocabulary.ts";
import { foundational } from "./model/vocabulary.ts";

/** How a row of 62443-4-2 stands for one release. */
export type RowStanding = "met" | "by-integration" | "not-met" | "not-applicable";

/** A row that keeps a level down. */
export interface LimitingRow {
  readonly row: string;
  readonly fr: Requirement7;
  readonly slFrom: Level;
  readonly title: string;
}

export interface CapabilityLevels {
  /** By the component alone. */
  readonly component: LevelVector;
  /** With the measures of the guide in place. */
  readonly integrated: LevelVector;
  /** Rows that keep the component's vector down, lowest level first. */
  readonly limiting: readonly LimitingRow[];
  readonly limitingIntegrated: readonly LimitingRow[];
  /** Rows whose level is doubtful and that count here. */
  readonly unconfirmed: readonly string[];
}

export const rowsOfType = (catalogue: Catalogue, type: ComponentType): readonly ComponentRow[] =>
  [...catalogue.componentRows.values()].filter(({ types }) => types.includes(type));

/**
 * SL-C per foundational requirement: the highest level up to which every applicable row is met (catalogue: sl_rule).
 * Never an SL-A: that is of a plant.
 */
export function capabilityLevels(
  catalogue: Catalogue,
  type: ComponentType,
  standing: ReadonlyMap<string, RowStanding>,
  confirmed: ReadonlySet<string>,
): CapabilityLevels {
  const rows = rowsOfType(catalogue, type).filter(({ id }) => standing.get(id) !== "not-applicable");
  const unmet = (met: readonly RowStanding[]): readonly ComponentRow[] =>
    rows.filter(({ id }) => !met.includes(standing.get(id) ?? "not-met"));
  const alone = unmet(["met"]);
  const together = unmet(["met", "by-integration"]);
  return {
    component: vector(alone),
    integrated: vector(together),
    limiting: limiting(alone),
    limitingIntegrated: limiting(together),
    unconfirmed: rows
      .filter(({ id, levelStatus }) => levelStatus !== "confirmed" && !confirmed.has(id))
      .map(({ id }) => id),
  };
}

const levelOf = (unmet: readonly ComponentRow[], fr: Requirement7): Level =>
  Math.min(4, ...unmet.filter((row) => row.fr === fr).map(({ slFrom }) => slFrom - 1)) as Level;

const vector = (unmet: readonly ComponentRow[]): LevelVector =>
  Object.fromEntries(foundational.map((fr) => [fr, levelOf(unmet, fr)])) as { [Code in Requirement7]: Level };

const limiting = (unmet: readonly ComponentRow[]): readonly LimitingRow[] =>
  unmet
    .filter(({ fr, slFrom }) => slFrom === levelOf(unmet, fr) + 1)
    .map(({ id, fr, slFrom, title }) => ({ row: id, fr, slFrom, title }))
    .sort((a, b) => a.slFrom - b.slFrom || foundational.indexOf(a.fr) - foundational.indexOf(b.fr));

/** The only sentence in which a level is stated. `guideDigest`: of the guide that describes the configuration. */
export const claimSentence = (fr: Requirement7, level: Level, guideDigest: string): string =>
  `SL-C(${fr})=${level} capability in the configuration described in ${guideDigest}, evidence-based self-declaration, not a certificate, not an achieved level`;

/** FRs in which `vector` is below `target`. */
export const shortfall = (vectorGiven: LevelVector, target: LevelVector): readonly Requirement7[] =>
  foundational.filter((fr) => vectorGiven[fr] < target[fr]);
