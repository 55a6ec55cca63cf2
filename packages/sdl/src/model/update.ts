import {
  date,
  described,
  hex64,
  id,
  instant,
  list,
  oneOf,
  record,
  type Shape,
  text,
  webAddress,
  wholeNumber,
  yesNo,
} from "./shape.ts";

/** Which part of the plant stops for the restart; the names of CSAF 2.0. */
export type RestartScope =
  | "none"
  | "vulnerable_component"
  | "service"
  | "parent"
  | "dependencies"
  | "connected"
  | "machine"
  | "zone"
  | "system";

/** `.sdl/updates/<id>/update-doc.yaml` (SUM-2): what the plant must know before it installs, or does not. */
export interface UpdateDoc {
  readonly id: string;
  readonly title: string;
  readonly applies_to: readonly { readonly version: string; readonly hw: string }[];
  readonly fixes: readonly string[];
  readonly delivered: string;
  readonly automatic_steps: readonly string[];
  readonly manual_steps: readonly string[];
  readonly prerequisites: readonly string[];
  readonly effects: {
    readonly restart: RestartScope;
    readonly outputs: string;
    readonly duration: string;
    readonly configuration_loss: "yes" | "no";
  };
  readonly verify_installed: { readonly command: string; readonly expected: string };
  readonly not_installing: { readonly risk: string; readonly workaround: string };
  readonly removal: string;
  readonly approved_by: string;
  readonly approved_on: string;
  readonly languages: readonly string[];
  readonly contact: string;
  readonly release_date: string;
}

export const updateDoc: Shape<UpdateDoc> = record({
  id,
  title: text,
  applies_to: list(record({ version: id, hw: id }), 1),
  fixes: described("issue ids", list(id)),
  delivered: described("how it reaches the plant", text),
  automatic_steps: list(text, 1),
  manual_steps: described("write none needed if there are none", list(text, 1)),
  prerequisites: list(text, 1),
  effects: record({
    restart: oneOf(
      "none",
      "vulnerable_component",
      "service",
      "parent",
      "dependencies",
      "connected",
      "machine",
      "zone",
      "system",
    ),
    outputs: described("what outputs do meanwhile", text),
    duration: text,
    configuration_loss: yesNo,
  }),
  verify_installed: record({ command: text, expected: text }),
  not_installing: record({ risk: text, workaround: text }),
  removal: described("whether and how it can be taken back", text),
  approved_by: id,
  approved_on: date,
  languages: list(text, 1),
  contact: text,
  release_date: date,
});

/** `.sdl/updates/<id>/qualification.yaml` (SUM-1). */
export interface Qualification {
  readonly update: string;
  readonly images: readonly string[];
  readonly fixes: readonly string[];
  readonly cells: readonly QualifiedCell[];
  readonly regression: {
    readonly suite: string;
    readonly result: "passed" | "failed";
    readonly run: string;
    readonly date: string;
  };
  readonly side_effects: { readonly checked: readonly string[]; readonly found: readonly string[] };
  readonly contradicting_requirements: string;
  readonly vulnerability_scan: {
    readonly database: string;
    readonly date: string;
    readonly result: "passed" | "failed";
  };
  readonly rollback_test: { readonly run: string; readonly result: "passed" | "failed" };
  readonly power_cut_test: { readonly run: string; readonly result: "passed" | "failed" };
  readonly safety_regression?: { readonly run: string; readonly result: "passed" | "failed" };
  readonly tester: string;
  readonly approver: string;
  readonly decision: "release" | "hold";
  readonly decided: string;
}

/** One way from an installed version to the new one. */
export interface QualifiedCell {
  readonly from: string;
  readonly hw: string;
  readonly configuration: string;
  readonly result: "passed" | "failed";
  readonly run: string;
}

const outcome: Shape<"passed" | "failed"> = oneOf("passed", "failed");

export const qualification: Shape<Qualification> = record(
  {
    update: id,
    images: described("SHA-256 of every image it was run on", list(hex64, 1)),
    fixes: list(id),
    cells: described(
      "one for every supported version, hardware and configuration",
      list(record({ from: id, hw: id, configuration: id, result: outcome, run: text })),
    ),
    regression: record({ suite: hex64, result: outcome, run: text, date }),
    side_effects: record({ checked: list(text, 1), found: list(text) }),
    contradicting_requirements: described("none, or which", text),
    vulnerability_scan: record({ database: date, date, result: outcome }),
    rollback_test: record({ run: text, result: outcome }),
    power_cut_test: record({ run: text, result: outcome }),
    tester: id,
    approver: id,
    decision: oneOf("release", "hold"),
    decided: date,
  },
  { safety_regression: record({ run: text, result: outcome }) },
);

/** `.sdl/updates/<id>/delivery.yaml` (SUM-4): how a plant gets it, and checks with no network that it is ours. */
export interface Delivery {
  readonly update: string;
  /** SHA-256 of every image, and of the manifest when there is one. */
  readonly images: readonly string[];
  readonly manifest?: string;
  readonly signatures: readonly { readonly kid: string; readonly algorithm: string }[];
  readonly channels: readonly string[];
  /** Where a plant finds the fingerprints of the keys other than where it finds the update. */
  readonly fingerprints_by: string;
  readonly revocation: string;
  readonly verify: { readonly command: string; readonly exit_code: number };
  readonly offline: string;
  readonly published_at?: string;
}

export const delivery: Shape<Delivery> = record(
  {
    update: id,
    images: list(hex64, 1),
    signatures: described(
      "keys that sign the envelope, as devices and plants know them",
      list(record({ kid: hex64, algorithm: text }), 1),
    ),
    channels: list(text, 1),
    fingerprints_by: described("the second route by which a plant gets the fingerprints", text),
    revocation: described("how a plant learns that it is withdrawn", text),
    verify: record({ command: text, exit_code: wholeNumber }),
    offline: described("how it reaches a site without a network", text),
  },
  { manifest: hex64, published_at: instant },
);

/** `.sdl/updates/<id>/compat.yaml` (SUM-3): every upstream component or system update with what we say of it. */
export interface Compat {
  readonly checked: string;
  readonly updates: readonly {
    readonly id: string;
    readonly vendor: string;
    readonly component: string;
    readonly version: string;
    readonly status: "compatible" | "not-compatible" | "pending" | "not-affected" | "shipped-inside";
    readonly tested_with: readonly string[];
    readonly date: string;
    readonly reason: string;
    readonly mitigation?: string;
    readonly link?: string;
  }[];
}

export const compat: Shape<Compat> = record({
  checked: described("day the upstream sources were last looked through", date),
  updates: list(
    record(
      {
        id,
        vendor: text,
        component: text,
        version: text,
        status: oneOf("compatible", "not-compatible", "pending", "not-affected", "shipped-inside"),
        tested_with: list(id),
        date,
        reason: text,
      },
      { mitigation: text, link: webAddress },
    ),
  ),
});
