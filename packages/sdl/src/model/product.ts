import {
  date,
  described,
  email,
  filePath,
  id,
  list,
  oneOf,
  record,
  rowId,
  type Shape,
  text,
  webAddress,
  wholeNumber,
} from "./shape.ts";
import { type ComponentType, componentType, type LevelVector, levelVector } from "./vocabulary.ts";

/** `.sdl/product.yaml`: what is sold, how long it is supported, which SL-C it aims at. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly vendor: { readonly name: string; readonly namespace: string; readonly contact: string };
  readonly model: string;
  readonly hw_revs: readonly string[];
  readonly component_type: ComponentType;
  /** Last day of security support. */
  readonly support_end: string;
  readonly support_reason: string;
  readonly branches: readonly {
    readonly name: string;
    readonly supported: "yes" | "no";
    readonly versions: readonly string[];
  }[];
  readonly configurations: readonly string[];
  readonly languages: readonly string[];
  readonly sl_c_target: LevelVector;
  readonly sl_c_reason: string;
  readonly safety_relevant: "yes" | "no";
  readonly cra_class: "default" | "important-1" | "important-2" | "critical" | "unknown";
  readonly guides: readonly { readonly id: string; readonly title: string; readonly file: string }[];
}

export const product: Shape<Product> = record({
  id: described("short name of the product, as in release files", id),
  name: text,
  vendor: record({
    name: text,
    namespace: described("address that identifies the vendor in advisories", webAddress),
    contact: email,
  }),
  model: text,
  hw_revs: described("every supported hardware revision: an axis of the qualification matrix", list(id, 1)),
  component_type: componentType,
  support_end: described("last day of security support", date),
  support_reason: text,
  branches: described(
    "release branches; versions of supported ones are an axis of the qualification matrix",
    list(record({ name: id, supported: oneOf("yes", "no"), versions: list(id) }), 1),
  ),
  configurations: described("supported configurations: the third axis of the qualification matrix", list(id, 1)),
  languages: list(text, 1),
  sl_c_target: described("SL-C the component aims at, one level per foundational requirement", levelVector),
  sl_c_reason: described("why this target fits the intended use (62443-3-2 first)", text),
  safety_relevant: oneOf("yes", "no"),
  cra_class: oneOf("default", "important-1", "important-2", "critical", "unknown"),
  guides: list(record({ id, title: text, file: filePath })),
});

/** `.sdl/context.yaml` (SR-1): where and by whom the product is used, and what the site must bring. */
export interface Context {
  readonly intended_use: string;
  readonly environment: readonly string[];
  readonly users: readonly { readonly id: string; readonly description: string }[];
  readonly assets: readonly { readonly id: string; readonly description: string; readonly needs: string }[];
  readonly trust_boundaries: readonly { readonly id: string; readonly description: string }[];
  readonly site_measures: readonly SiteMeasure[];
  readonly reviewed: string;
}

/** What the hardening guide expects of the plant; `rows` are the 4-2 rows it stands in for (CCSC 2). */
export interface SiteMeasure {
  readonly id: string;
  readonly statement: string;
  readonly rows: readonly string[];
  /** Guide id and anchor: `hardening#network`. */
  readonly guide: string;
  readonly ports?: readonly {
    readonly port: number;
    readonly protocol: "tcp" | "udp";
    readonly direction: "in" | "out";
  }[];
}

export const context: Shape<Context> = record({
  intended_use: text,
  environment: list(text, 1),
  users: list(record({ id, description: text }), 1),
  assets: list(record({ id, description: text, needs: text }), 1),
  trust_boundaries: list(record({ id, description: text }), 1),
  site_measures: list(
    record(
      { id, statement: text, rows: list(rowId), guide: described("guide id and anchor: hardening#network", text) },
      { ports: list(record({ port: wholeNumber, protocol: oneOf("tcp", "udp"), direction: oneOf("in", "out") })) },
    ),
  ),
  reviewed: date,
});

/** `.sdl/soa.yaml`: for every row whether it applies; what is not listed is undecided. */
export interface StatementOfApplicability {
  readonly edition: string;
  readonly rows: readonly SoaRow[];
}

export interface SoaRow {
  readonly row: string;
  readonly applies: "yes" | "no" | "by-integration";
  /** For `no` and `by-integration`. */
  readonly reason?: string;
  readonly approver?: string;
  /** For `by-integration`: the site measure of `context.yaml` that stands in. */
  readonly measure?: string;
}

export const soa: Shape<StatementOfApplicability> = record({
  edition: described("catalogue edition, as in catalog.lock", text),
  rows: list(
    record({ row: rowId, applies: oneOf("yes", "no", "by-integration") }, { reason: text, approver: id, measure: id }),
  ),
});

/** `.sdl/interfaces.yaml` (SD-1): every way in, with who may use it and which threats it carries. */
export interface Interfaces {
  readonly changed: string;
  readonly interfaces: readonly {
    readonly id: string;
    readonly kind: "network" | "serial" | "usb" | "debug" | "human" | "wireless" | "file";
    readonly description: string;
    readonly boundary: string;
    readonly authentication: string;
    readonly default_state: "on" | "off";
    readonly port?: number;
    readonly protocol?: "tcp" | "udp";
    readonly threats: readonly string[];
  }[];
}

export const interfaces: Shape<Interfaces> = record({
  changed: described("day of the last change to any interface; a threat review must be newer", date),
  interfaces: list(
    record(
      {
        id,
        kind: oneOf("network", "serial", "usb", "debug", "human", "wireless", "file"),
        description: text,
        boundary: id,
        authentication: text,
        default_state: oneOf("on", "off"),
        threats: list(id),
      },
      { port: wholeNumber, protocol: oneOf("tcp", "udp") },
    ),
    1,
  ),
});

/** `.sdl/accounts.yaml` (SG-6): every account the image has, with what happens to its default secret. */
export interface Accounts {
  readonly accounts: readonly {
    readonly id: string;
    readonly purpose: string;
    readonly permissions: readonly string[];
    readonly default_secret: "none" | "per-device" | "must-change";
    readonly removable: "yes" | "no";
  }[];
}

export const accounts: Shape<Accounts> = record({
  accounts: list(
    record({
      id,
      purpose: text,
      permissions: list(text, 1),
      default_secret: described(
        "a secret that is the same in all devices must be changed at first use",
        oneOf("none", "per-device", "must-change"),
      ),
      removable: oneOf("yes", "no"),
    }),
  ),
});

/** `.sdl/zones.yaml` (62443-3-2, by the customer or integrator): zones with their SL-T and what stands in them. */
export interface Zones {
  readonly zones: readonly {
    readonly id: string;
    readonly description: string;
    readonly sl_t: LevelVector;
    readonly devices: readonly { readonly id: string; readonly product: string; readonly version: string }[];
    readonly measures: readonly string[];
  }[];
  readonly conduits: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly ports: readonly { readonly port: number; readonly protocol: "tcp" | "udp" }[];
  }[];
}

export const zones: Shape<Zones> = record({
  zones: list(
    record({
      id,
      description: text,
      sl_t: described("SL-T of the zone by the owner's risk assessment", levelVector),
      devices: list(record({ id, product: id, version: id })),
      measures: described("ids of site measures that are in place here", list(id)),
    }),
    1,
  ),
  conduits: list(
    record({ id, from: id, to: id, ports: list(record({ port: wholeNumber, protocol: oneOf("tcp", "udp") })) }),
  ),
});
