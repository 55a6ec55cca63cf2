import type { Catalogue } from "./catalogue.ts";
import type { GateReport } from "./gate-report.ts";
import type { Context, Zones } from "./model/product.ts";
import type { Release } from "./model/release.ts";
import { foundational, type Level, type LevelVector, type Requirement7 } from "./model/vocabulary.ts";
import type { ProductModel } from "./product-model.ts";
import { capabilityLevels, type RowStanding } from "./slc.ts";

/** What a zone lacks with this product in it, and what would help (62443-3-2). */
export interface ZoneVerdict {
  readonly zone: string;
  readonly slT: LevelVector;
  /** SL-C of the product with the measures that are in place in this zone. */
  readonly slC: LevelVector;
  readonly gaps: readonly ZoneGap[];
  readonly devices: readonly ZoneDevice[];
  /** Ports the product's guide asks for that no conduit of the zone carries. */
  readonly closedPorts: readonly string[];
}

export interface ZoneGap {
  readonly fr: Requirement7;
  readonly slT: Level;
  readonly slC: Level;
  readonly rows: readonly string[];
  /** Measures of the hardening guide that are not in place and stand in for such a row. */
  readonly measures: readonly string[];
}

export interface ZoneDevice {
  readonly id: string;
  readonly version: string;
  /** Releases that would matter: newer, and what they fix that this version has. */
  readonly updates: readonly {
    readonly release: string;
    readonly version: string;
    readonly fixes: readonly string[];
  }[];
}

/** Compares the owner's SL-T with SL-C. The owner's zones decide; an SL-A is never computed. */
export function compareZones(
  zones: Zones,
  model: ProductModel,
  report: GateReport,
  catalogue: Catalogue,
): readonly ZoneVerdict[] {
  const product = model.single.product?.value;
  const context = model.single.context?.value;
  if (product === undefined) return [];
  return zones.zones.map((zone) => {
    const standing = standingsIn(zone.measures, report, context);
    const levels = capabilityLevels(catalogue, product.component_type, standing, new Set());
    const here = zone.devices.some((device) => device.product === product.id);
    const gaps = foundational.flatMap((fr): ZoneGap[] => {
      if (levels.integrated[fr] >= zone.sl_t[fr]) return [];
      const rows = levels.limitingIntegrated.filter((row) => row.fr === fr).map(({ row }) => row);
      const measures = (context?.site_measures ?? []).filter(
        (measure) => !zone.measures.includes(measure.id) && measure.rows.some((row) => rows.includes(row)),
      );
      return [{ fr, slT: zone.sl_t[fr], slC: levels.integrated[fr], rows, measures: measures.map(({ id }) => id) }];
    });
    return {
      zone: zone.id,
      slT: zone.sl_t,
      slC: levels.integrated,
      gaps: here ? gaps : [],
      devices: zone.devices
        .filter((device) => device.product === product.id)
        .map(({ id, version }) => ({ id, version, updates: updatesFor(version, model) })),
      closedPorts: here ? closedPorts(zone.id, zones, context) : [],
    };
  });
}

function standingsIn(
  measures: readonly string[],
  report: GateReport,
  context: Context | undefined,
): ReadonlyMap<string, RowStanding> {
  const covered = new Set(
    (context?.site_measures ?? []).filter(({ id }) => measures.includes(id)).flatMap(({ rows }) => rows),
  );
  return new Map(
    report.rows.flatMap(({ id, standing }) => {
      if (standing === undefined) return [];
      return [[id, standing === "by-integration" && !covered.has(id) ? ("not-met" as const) : standing] as const];
    }),
  );
}

function updatesFor(version: string, model: ProductModel): ZoneDevice["updates"] {
  const releases = [...model.many.release.values()].map(({ value }) => value);
  const installed = releases.find((release) => release.version === version);
  const issues = [...model.many.issue.values()].map(({ value }) => value);
  return releases
    .filter(
      (release: Release) =>
        installed !== undefined && release.sequence > installed.sequence && release.state !== "withdrawn",
    )
    .sort((a, b) => a.sequence - b.sequence)
    .map((release) => ({
      release: release.id,
      version: release.version,
      fixes: issues
        .filter(({ versions }) => versions[version] === "affected" && versions[release.version] === "fixed")
        .map(({ id }) => id),
    }));
}

function closedPorts(zone: string, zones: Zones, context: Context | undefined): readonly string[] {
  const carried = new Set(
    zones.conduits
      .filter(({ from, to }) => from === zone || to === zone)
      .flatMap(({ ports }) => ports.map(({ port, protocol }) => `${port}/${protocol}`)),
  );
  const wanted = (context?.site_measures ?? []).flatMap(({ ports = [] }) =>
    ports.map(({ port, protocol }) => `${port}/${protocol}`),
  );
  return [...new Set(wanted)].filter((port) => !carried.has(port)).sort();
}
