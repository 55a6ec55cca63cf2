import { readFileSync } from "node:fs";
import path from "node:path";
import {
  type Accounts,
  builtInCatalogue,
  type CatalogLock,
  type Claim,
  type Compat,
  type Context,
  type Delivery,
  type Interfaces,
  type Issue,
  type Keys,
  type Policy,
  type Product,
  type Qualification,
  type Release,
  type Requirement,
  type Review,
  type Roles,
  rowsOfType,
  type StatementOfApplicability,
  type Suppliers,
  type Threat,
  type UpdateDoc,
  type Waiver,
  type Zones,
} from "@sumac/sdl";
import { builtInCatalogueDigest } from "@sumac/sdl/node";
import { evidenceRecords, type RecordSource } from "./evidence-source.ts";
import { commit, moment, provenByHand, slug, testOf, tree } from "./example-facts.ts";
import { guideTexts } from "./guide-texts.ts";
import { people, testPerson } from "./people.ts";
import { sha256 } from "./sha256.ts";

/** The whole example as data; tests bend it before it is signed. */
export interface ProductSource {
  product: Product;
  context: Context;
  soa: StatementOfApplicability;
  policy: Policy;
  roles: Roles;
  keys: Keys;
  suppliers: Suppliers;
  interfaces: Interfaces;
  accounts: Accounts;
  zones: Zones;
  catalogLock: CatalogLock;
  threats: Threat[];
  requirements: Requirement[];
  claims: Record<string, Claim>;
  issues: Issue[];
  reviews: Review[];
  waivers: Waiver[];
  releases: Release[];
  updates: Record<string, { doc: UpdateDoc; qualification: Qualification; compat: Compat; delivery: Delivery }>;
  sbom: Record<string, unknown>;
  documents: Record<string, string>;
  image: Uint8Array;
  records: RecordSource[];
}

const imageFile = path.join(import.meta.dirname, "..", "images", "rtu-demo-1.2.0.bin");
const guides = ["hardening", "operation", "decommissioning", "accounts"];
const integrated: Readonly<Record<string, string>> = { "CR 5.1": "M-NETWORK", "CR 7.2": "M-RATE" };

const edition = builtInCatalogue.edition;
const target = { IAC: 1, UC: 1, SI: 2, DC: 1, RDF: 1, TRE: 1, RA: 1 } as const;
const componentRows = rowsOfType(builtInCatalogue, "EDR");
const claimed = componentRows.filter(({ fr, slFrom, id }) => slFrom <= target[fr] || provenByHand.includes(id));

export function productSource(): ProductSource {
  const image = new Uint8Array(readFileSync(imageFile));
  const imageDigest = sha256(image);
  const documents = guideTexts();
  const versions = ["1.0.0", "1.1.0"];
  const sbom = sbomOf(imageDigest);
  const sbomDigest = sha256(`${JSON.stringify(sbom, null, 2)}\n`);
  const release = (
    version: string,
    sequence: number,
    state: Release["state"],
    digest: string,
    floor: number,
  ): Release => ({
    id: `r-${version}`,
    version,
    state,
    sequence,
    floor,
    update_kind: "security",
    images: [
      {
        name: "firmware",
        sha256: digest,
        size: digest === imageDigest ? image.length : 16456,
        ...(digest === imageDigest ? { file: "build/rtu-demo-1.2.0.bin" } : {}),
      },
    ],
    source: { commit, tree, tag: `v${version}` },
    sbom: { file: ".sdl/data/sbom-1.2.0.cdx.json", sha256: sbomDigest },
    guides: guides.map((id) => ({ id, sha256: sha256(documents[`docs/${id}.md`] ?? "") })),
    update: `u-${version}`,
    planned: "2026-11-24",
    ...(state === "superseded"
      ? { shipped_at: version === "1.0.0" ? "2026-03-02T09:00:00Z" : "2026-07-06T09:00:00Z" }
      : {}),
  });
  return {
    product: {
      id: "rtu-demo",
      name: "Example remote terminal unit",
      vendor: { name: "Example Vendor", namespace: "https://vendor.example", contact: "psirt@vendor.example" },
      model: "rtu-demo",
      hw_revs: ["rev-a", "rev-b"],
      component_type: "EDR",
      support_end: "2033-12-31",
      support_reason: "expected use of ten years in substations, five of them with full support of the chip maker",
      branches: [{ name: "1.x", supported: "yes", versions: [...versions, "1.2.0"] }],
      configurations: ["serial-master", "network-master"],
      languages: ["en", "de"],
      sl_c_target: target,
      sl_c_reason: "zones of secondary substations were assessed with SL-T(SI)=2 and 1 elsewhere; see context",
      safety_relevant: "no",
      cra_class: "default",
      guides: guides.map((id) => ({ id, title: `Example RTU: ${id}`, file: `docs/${id}.md` })),
    },
    context: {
      intended_use: "reads inputs and switches outputs of a secondary substation, polled by a control centre",
      environment: ["locked cabinet", "control network behind a firewall", "no route to the internet"],
      users: [
        { id: "operator", description: "switches outputs through the control centre" },
        { id: "service", description: "commissions and updates on site or by the plant's server" },
      ],
      assets: [
        { id: "A-FIRMWARE", description: "the running image and its boot state", needs: "integrity, availability" },
        { id: "A-TRUST", description: "trust record and version floor", needs: "integrity" },
        { id: "A-OUTPUTS", description: "the outputs and what they switch", needs: "availability, integrity" },
        { id: "A-LOG", description: "the event log", needs: "integrity, availability" },
      ],
      trust_boundaries: [
        { id: "B-SERIAL", description: "the serial line to the gateway" },
        { id: "B-NETWORK", description: "the control network" },
        { id: "B-BOARD", description: "the board inside its case" },
      ],
      site_measures: [
        {
          id: "M-NETWORK",
          statement: "a firewall separates the control network and lets only the named ports in",
          rows: ["CR 5.1"],
          guide: "hardening#network",
          ports: [{ port: 2404, protocol: "tcp", direction: "in" }],
        },
        {
          id: "M-RATE",
          statement: "the gateway limits attempts on the serial line",
          rows: ["CR 7.2"],
          guide: "hardening#rate",
        },
      ],
      reviewed: "2026-10-01",
    },
    soa: {
      edition,
      rows: [
        ...[...builtInCatalogue.processRows.keys()].map((row) => ({ row, applies: "yes" as const })),
        ...componentRows.map(({ id: row }) => {
          const measure = integrated[row];
          return measure === undefined
            ? { row, applies: "yes" as const }
            : {
                row,
                applies: "by-integration" as const,
                reason: "the site does this better than a field device",
                approver: "p-lead",
                measure,
              };
        }),
      ],
    },
    policy: {
      version: "2026-01",
      source: "provenance",
      algorithms: "classic",
      max_age: { "DM-2": "60d", "DM-3": "60d", "DM-5": "60d" },
      scan_database_max_age: "7d",
      threat_review_max_age: "365d",
      blocking_severity: "high",
      triage_within: "7d",
      timeliness: { exploited: "14d", critical: "30d", high: "60d", medium: "180d", low: "365d" },
      mitigation_within: "72h",
      timeliness_target: 0.9,
      waiver_max_days: 120,
      emergency_days: 14,
      approvals: 2,
      documented_is_enough: [],
      coding_rules: "docs/coding-rules.md",
      key_storage: "test-only",
    },
    roles: {
      people: Object.entries(people).map(([id, roles]) => ({
        id,
        roles: [...roles],
        keys: [testPerson(id).kid],
        training:
          id === "ci-1"
            ? []
            : [{ topic: "secure development, yearly course", done: "2026-02-10", expires: "2027-02-28" }],
      })),
    },
    keys: {
      keys: Object.keys(people).map((id) => ({
        kid: testPerson(id).kid,
        public: testPerson(id).publicPem,
        storage: "test-only" as const,
        ceremony: "TEST ONLY: made from a public sentence by firmware-fixtures/test-keys.ts",
        valid_from: "2026-01-01",
        valid_until: "2027-12-31",
      })),
    },
    suppliers: {
      suppliers: [
        {
          id: "chip-maker",
          delivers: ["microcontroller", "hardware abstraction layer"],
          security_duties: "contract",
          certificate: { scheme: "supplier questionnaire", expires: "2027-06-30" },
          contact: "security@chips.example",
          advisories: "https://chips.example/advisories",
          risk: "medium",
          reviewed: "2026-09-15",
        },
        {
          id: "crypto-library",
          delivers: ["signature verification"],
          security_duties: "open-source",
          contact: "security@library.example",
          advisories: "https://library.example/security",
          risk: "high",
          reviewed: "2026-09-15",
        },
      ],
    },
    interfaces: {
      changed: "2026-08-01",
      interfaces: [
        {
          id: "I-SERIAL",
          kind: "serial",
          description: "update and service by the gateway",
          boundary: "B-SERIAL",
          authentication: "signature of the envelope",
          default_state: "on",
          threats: ["T-SPOOF", "T-FLOOD"],
        },
        {
          id: "I-CONTROL",
          kind: "network",
          description: "polling by the control centre",
          boundary: "B-NETWORK",
          authentication: "mutual, by certificate",
          default_state: "on",
          port: 2404,
          protocol: "tcp",
          threats: ["T-SPOOF"],
        },
        {
          id: "I-DEBUG",
          kind: "debug",
          description: "debug port, closed in production",
          boundary: "B-BOARD",
          authentication: "locked by fuse",
          default_state: "off",
          threats: ["T-DEBUG"],
        },
      ],
    },
    accounts: {
      accounts: [
        {
          id: "service",
          purpose: "commissioning",
          permissions: ["configure", "install"],
          default_secret: "per-device",
          removable: "yes",
        },
        {
          id: "observer",
          purpose: "reading out the log",
          permissions: ["read"],
          default_secret: "must-change",
          removable: "yes",
        },
      ],
    },
    zones: {
      zones: [
        {
          id: "Z-SUBSTATION",
          description: "secondary substation",
          sl_t: { IAC: 1, UC: 1, SI: 2, DC: 0, RDF: 1, TRE: 1, RA: 1 },
          devices: [{ id: "rtu-17", product: "rtu-demo", version: "1.1.0" }],
          measures: ["M-NETWORK"],
        },
        {
          id: "Z-CONTROL",
          description: "control centre",
          sl_t: { IAC: 2, UC: 2, SI: 2, DC: 1, RDF: 2, TRE: 1, RA: 2 },
          devices: [],
          measures: [],
        },
      ],
      conduits: [{ id: "C-1", from: "Z-SUBSTATION", to: "Z-CONTROL", ports: [{ port: 2404, protocol: "tcp" }] }],
    },
    catalogLock: { edition, digest: builtInCatalogueDigest, confirmed: [] },
    threats: threats(),
    requirements: requirements(),
    claims: Object.fromEntries(
      claimed.map(({ id: row, title, fr }) => {
        const measure = integrated[row];
        const own: Claim =
          measure === undefined
            ? {
                row,
                statement: `${title}, in the configuration of the hardening guide`,
                requirements: [`REQ-${fr}`],
                tests: provenByHand.includes(row) ? [] : [testOf(row)],
                by: "component",
              }
            : {
                row,
                statement: `${title}, by the measure of the hardening guide`,
                requirements: [`REQ-${fr}`],
                tests: [],
                by: "integration",
                measure,
              };
        return [slug(row), own];
      }),
    ),
    issues: issues(),
    reviews: [
      {
        id: "design-2026-09",
        rows: ["SD-3"],
        kind: "design",
        subject: [{ file: "docs/architecture.md", sha256: sha256(documents["docs/architecture.md"] ?? "") }],
        authors: ["p-arch"],
        reviewers: [{ person: "p-lead", role: "security-lead" }],
        held: "2026-09-20",
        findings: [{ id: "F-1", text: "state the limit of the serial frame in the interface page", state: "closed" }],
        closed: "2026-09-28",
      },
    ],
    waivers: [],
    releases: [
      release("1.0.0", 1, "superseded", sha256(readFileSync(imageFile.replace("1.2.0", "1.0.0"))), 1),
      release("1.1.0", 2, "superseded", sha256(readFileSync(imageFile.replace("1.2.0", "1.1.0"))), 1),
      release("1.2.0", 3, "candidate", imageDigest, 3),
    ],
    updates: {
      "u-1.0.0": update("1.0.0", [], [], []),
      "u-1.1.0": update("1.1.0", ["1.0.0"], [], []),
      "u-1.2.0": update("1.2.0", versions, ["RTU-1"], [imageDigest]),
    },
    sbom,
    documents,
    image,
    records: evidenceRecords(claimed.map(({ id }) => id).filter((row) => integrated[row] === undefined)),
  };
}

const threats = (): Threat[] => [
  threat(
    "T-SPOOF",
    "an update of somebody else is installed",
    "critical",
    ["A-FIRMWARE", "A-OUTPUTS"],
    "signature by keys of the trust record",
    "rtu.threat.spoof",
  ),
  threat(
    "T-ROLLBACK",
    "an old signed image with a known hole is installed",
    "high",
    ["A-FIRMWARE", "A-TRUST"],
    "version floor that never falls",
    "rtu.threat.rollback",
  ),
  threat(
    "T-TAMPER",
    "the image is altered at rest",
    "high",
    ["A-FIRMWARE"],
    "digests checked at boot and on demand",
    "rtu.threat.tamper",
  ),
  threat(
    "T-DEBUG",
    "the debug port is opened on a unit in the field",
    "medium",
    ["A-FIRMWARE", "A-LOG"],
    "port locked by fuse",
    "rtu.threat.debug",
  ),
  threat(
    "T-FLOOD",
    "bad packages keep the unit busy",
    "medium",
    ["A-OUTPUTS"],
    "small signed manifest first, bounded memory",
    "rtu.threat.flood",
  ),
];

const threat = (
  id: string,
  title: string,
  rating: Threat["rating"],
  assets: string[],
  statement: string,
  test: string,
): Threat => ({
  id,
  title,
  assets,
  rating,
  treatment: "mitigate",
  mitigations: [{ id: `${id}-M1`, layer: "component", statement }],
  tests: [test],
  reviewed: "2026-10-05",
});

const requirements = (): Requirement[] => [
  ...(["IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"] as const).map((fr): Requirement => {
    const row =
      claimed.find((entry) => entry.fr === fr && integrated[entry.id] === undefined)?.id ??
      claimed.find((entry) => entry.fr === fr)?.id ??
      "CR 1.1";
    return {
      id: `REQ-${fr}`,
      text: `the unit has the capabilities declared for ${fr}, in the configuration of the guide`,
      source: { row },
      tests: [integrated[row] === undefined ? testOf(row) : "rtu.threat.flood"],
    };
  }),
  {
    id: "REQ-ROLLBACK",
    text: "an image below the floor is never started",
    source: { threat: "T-ROLLBACK", law: "CRA Annex I" },
    tests: ["rtu.threat.rollback"],
  },
];

const issues = (): Issue[] => [
  {
    id: "RTU-1",
    title: "a crafted frame on the serial line restarts the unit",
    source: "researcher",
    state: "fixed",
    aware_at: "2026-10-12T08:00:00Z",
    triaged_at: "2026-10-13T10:00:00Z",
    decided_at: "2026-10-14T10:00:00Z",
    fix_ready_at: "2026-11-10T15:00:00Z",
    severity: "high",
    cvss: "CVSS:4.0/AV:A/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:L",
    cwe: "CWE-787",
    components: ["serial frame reader"],
    versions: { "1.0.0": "affected", "1.1.0": "affected", "1.2.0": "fixed" },
    decision: "fix",
    decision_by: "p-lead",
    rationale: "a restart of the unit loses measurements",
    fix_commit: commit,
    root_cause: "length of a frame was trusted before it was checked",
    exploited: "no",
    exploitable_by_downgrade: "yes",
    severe_incident: "no",
    reports: {},
  },
  {
    id: "RTU-2",
    title: "advisory of the crypto library on a scheme that is not built in",
    source: "supplier",
    state: "rejected",
    aware_at: "2026-09-01T08:00:00Z",
    triaged_at: "2026-09-02T08:00:00Z",
    decided_at: "2026-09-02T09:00:00Z",
    severity: "high",
    components: ["crypto-library"],
    versions: { "1.1.0": "not_affected", "1.2.0": "not_affected" },
    justification: "vulnerable_code_not_present",
    decision: "not-a-vulnerability",
    decision_by: "p-lead",
    rationale: "the scheme is left out of the build",
    exploited: "no",
    exploitable_by_downgrade: "no",
    severe_incident: "no",
    reports: {},
  },
  {
    id: "RTU-3",
    title: "the service page names the exact build",
    source: "internal",
    state: "accepted",
    aware_at: "2026-10-20T08:00:00Z",
    triaged_at: "2026-10-21T08:00:00Z",
    decided_at: "2026-10-22T08:00:00Z",
    severity: "low",
    components: ["service page"],
    versions: { "1.2.0": "affected" },
    decision: "defer",
    decision_by: "p-lead",
    rationale: "readable by the service account only",
    exploited: "no",
    exploitable_by_downgrade: "no",
    severe_incident: "no",
    reports: {},
  },
];

const hardware = ["rev-a", "rev-b"];
const configurations = ["serial-master", "network-master"];

const update = (
  version: string,
  from: readonly string[],
  fixes: string[],
  images: string[],
): { doc: UpdateDoc; qualification: Qualification; compat: Compat; delivery: Delivery } => ({
  doc: {
    id: `u-${version}`,
    title: `Example RTU ${version}`,
    applies_to: (from.length === 0 ? [version] : from).flatMap((installed) =>
      hardware.map((hw) => ({ version: installed, hw })),
    ),
    fixes,
    delivered: "by the plant's update server, or as a file over the serial line",
    automatic_steps: [
      "verify the envelope",
      "write the spare slot",
      "try the new image once, and go back if it does not confirm",
    ],
    manual_steps: ["none needed"],
    prerequisites: ["backup of the configuration", "bootloader 2 or newer"],
    effects: {
      restart: "service",
      outputs: "outputs hold their last state for at most two seconds",
      duration: "about forty seconds, two of them without measurements",
      configuration_loss: "no",
    },
    verify_installed: { command: "sumac device status FOLDER", expected: `version ${version}` },
    not_installing: {
      risk: "whoever reaches the serial line can restart the unit",
      workaround: "lock the cabinet and limit attempts at the gateway",
    },
    removal: "by a later release only: the floor does not fall",
    approved_by: "p-rel",
    approved_on: "2026-11-20",
    languages: ["en", "de"],
    contact: "psirt@vendor.example",
    release_date: "2026-11-24",
  },
  qualification: {
    update: `u-${version}`,
    images: images.length === 0 ? [sha256(`image of ${version}`)] : images,
    fixes,
    cells: from.flatMap((installed) =>
      hardware.flatMap((hw) =>
        configurations.map((configuration) => ({
          from: installed,
          hw,
          configuration,
          result: "passed" as const,
          run: `bench-${installed}-${hw}-${configuration}`,
        })),
      ),
    ),
    regression: {
      suite: sha256(`suite of ${version}`),
      result: "passed",
      run: `bench-${version}-regression`,
      date: "2026-11-18",
    },
    side_effects: { checked: ["control cycle jitter", "log of events", "configuration"], found: [] },
    contradicting_requirements: "none",
    vulnerability_scan: { database: "2026-11-16", date: "2026-11-18", result: "passed" },
    rollback_test: { run: `bench-${version}-rollback`, result: "passed" },
    power_cut_test: { run: `bench-${version}-power-cut`, result: "passed" },
    tester: "p-test",
    approver: "p-rel",
    decision: "release",
    decided: "2026-11-20",
  },
  compat: {
    checked: "2026-11-19",
    updates: [
      {
        id: "hal-2.8.1",
        vendor: "chip-maker",
        component: "hardware abstraction layer",
        version: "2.8.1",
        status: "shipped-inside",
        tested_with: [version],
        date: "2026-11-10",
        reason: "part of this image",
      },
      {
        id: "crypto-3.1.4",
        vendor: "crypto-library",
        component: "signature verification",
        version: "3.1.4",
        status: "not-affected",
        tested_with: [version],
        date: "2026-11-12",
        reason: "changes a scheme that is left out",
      },
    ],
  },
  delivery: {
    update: `u-${version}`,
    images: images.length === 0 ? [sha256(`image of ${version}`)] : images,
    signatures: [{ kid: testPerson("p-rel").kid, algorithm: "Ed25519" }],
    channels: ["the vendor's update server", "offline file handed to the plant"],
    fingerprints_by: "printed on the delivery sheet that comes by post",
    revocation: "an advisory, and a release with a higher sequence",
    verify: { command: "sumac verify rtu-demo.suit --key vendor.pub.pem", exit_code: 0 },
    offline: "one file with envelope and image",
  },
});

/** CycloneDX 1.6, just what the gate and a reader need. */
const sbomOf = (image: string): Record<string, unknown> => ({
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    timestamp: moment("06:00"),
    component: {
      type: "firmware",
      "bom-ref": "rtu-demo@1.2.0",
      name: "rtu-demo",
      version: "1.2.0",
      supplier: { name: "Example Vendor" },
      hashes: [{ alg: "SHA-256", content: image }],
    },
  },
  components: [
    { type: "library", "bom-ref": "hal@2.8.1", name: "hal", version: "2.8.1", supplier: { name: "chip-maker" } },
    {
      type: "library",
      "bom-ref": "crypto@3.1.3",
      name: "crypto-library",
      version: "3.1.3",
      supplier: { name: "crypto-library" },
    },
  ],
  dependencies: [{ ref: "rtu-demo@1.2.0", dependsOn: ["hal@2.8.1", "crypto@3.1.3"] }],
});
