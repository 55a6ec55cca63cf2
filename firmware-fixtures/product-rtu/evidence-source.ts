import type { Evidence, EvidenceResult, Role } from "@sumac/sdl";
import { commit, moment, provenByHand, testOf, tree } from "./example-facts.ts";

/** A record before it is signed. `documents`: what it is bound to; none = the images of the release. */
export interface RecordSource {
  id: string;
  rows: string[];
  kind: Evidence["kind"];
  documents?: string[];
  produced_at: string;
  valid_until: string;
  person: string;
  role: Role;
  of: string[];
  result: EvidenceResult;
  signers: string[];
  tool: string;
}

const nextYear = "2027-11-21T00:00:00Z";

type Differs = Partial<RecordSource> & Pick<RecordSource, "id" | "rows" | "kind" | "person" | "role">;
const record = (differs: Differs): RecordSource => ({
  produced_at: moment("08:00"),
  valid_until: nextYear,
  of: [],
  result: { outcome: "passed", summary: differs.id.replaceAll("-", " ") },
  signers: [differs.person],
  tool: differs.kind === "test" || differs.kind === "scan" ? differs.id : "sumac sdl attest",
  ...differs,
});

const review = (
  id: string,
  rows: string[],
  documents: string[],
  person: string,
  role: Role,
  of: string[] = [],
): RecordSource => record({ id, rows, kind: "review", documents, person, role, of });

const guideFiles = ["docs/hardening.md", "docs/operation.md", "docs/decommissioning.md", "docs/accounts.md"];

/** All records of the example: each row of 62443-4-1 has what `practice-rows.ts` asks for. */
export function evidenceRecords(claimedRows: readonly string[]): RecordSource[] {
  const passed = Object.fromEntries([
    ...claimedRows.filter((row) => !provenByHand.includes(row)).map((row) => [testOf(row), "passed" as const]),
    ...["spoof", "rollback", "tamper", "debug", "flood"].map((name) => [`rtu.threat.${name}`, "passed" as const]),
  ]);
  return [
    record({
      id: "build",
      rows: ["SM-6"],
      kind: "provenance",
      person: "ci-1",
      role: "build-system",
      produced_at: moment("05:00"),
      result: {
        outcome: "passed",
        summary: "built from a clean checkout",
        source: { commit, tree, tag: "v1.2.0", state: "clean" },
      },
    }),
    review("process", ["SM-1"], ["docs/process.md"], "p-lead", "security-lead"),
    review("owners", ["SM-2", "SVV-5"], [".sdl/roles.yaml"], "p-lead", "security-lead"),
    review("scope", ["SM-3"], [".sdl/product.yaml"], "p-owner", "product-owner"),
    record({
      id: "training-2026",
      rows: ["SM-4"],
      kind: "training",
      documents: [".sdl/roles.yaml"],
      person: "p-lead",
      role: "security-lead",
    }),
    review("applicability", ["SM-5"], [".sdl/soa.yaml"], "p-lead", "security-lead"),
    record({
      id: "published-files",
      rows: ["SM-6", "SUM-4"],
      kind: "delivery",
      person: "p-rel",
      role: "release-manager",
      result: {
        outcome: "passed",
        summary: "envelope verified offline from the staging folder, fingerprints printed on the delivery sheet",
      },
    }),
    review("build-environment", ["SM-7"], ["docs/build-environment.md"], "p-arch", "architect"),
    review("keys", ["SM-8"], [".sdl/keys.yaml"], "p-lead", "security-lead"),
    review("bought-in", ["SM-9"], [".sdl/suppliers.yaml"], "p-lead", "security-lead"),
    record({
      id: "supplier-duties",
      rows: ["SM-10"],
      kind: "supplier",
      documents: [".sdl/suppliers.yaml"],
      person: "p-buy",
      role: "purchasing",
    }),
    record({ id: "open-issues", rows: ["SM-11"], kind: "review", person: "p-inc", role: "incident-handler" }),
    record({
      id: "approval",
      rows: ["SM-12"],
      kind: "approval",
      person: "p-rel",
      role: "release-manager",
      signers: ["p-rel", "p-lead"],
      produced_at: moment("12:00"),
    }),
    review("lessons", ["SM-13", "DM-6"], ["docs/process.md"], "p-lead", "security-lead"),
    review("context", ["SR-1"], [".sdl/context.yaml"], "p-lead", "security-lead"),
    review("threats", ["SR-2", "SD-2"], [".sdl/threats/"], "p-lead", "security-lead", ["p-arch"]),
    review("requirements", ["SR-3", "SR-4", "SR-5"], [".sdl/requirements/"], "p-test", "tester", ["p-arch"]),
    review("interfaces", ["SD-1"], [".sdl/interfaces.yaml"], "p-arch", "architect"),
    review(
      "design",
      ["SD-3", "SD-4"],
      ["docs/architecture.md", ".sdl/reviews/design-2026-09.yaml"],
      "p-lead",
      "security-lead",
      ["p-arch"],
    ),
    review("code-review", ["SI-1"], ["tree:source"], "p-arch", "architect", ["p-dev"]),
    record({
      id: "static-analysis",
      rows: ["SI-1", "SI-2"],
      kind: "scan",
      person: "ci-1",
      role: "build-system",
      of: ["p-dev"],
      result: { outcome: "passed", summary: "no finding of the rule set", findings: [], figures: { files: 14 } },
    }),
    record({
      id: "system-test",
      rows: ["SVV-1", "SVV-2", ...claimedRows.filter((row) => !provenByHand.includes(row))],
      kind: "test",
      person: "p-test",
      role: "tester",
      of: ["p-dev"],
      produced_at: moment("07:00"),
      result: {
        outcome: "passed",
        summary: `${Object.keys(passed).length} of ${Object.keys(passed).length} passed`,
        tests: passed,
      },
    }),
    record({
      id: "hardware-inspection",
      rows: [...provenByHand],
      kind: "review",
      person: "p-test",
      role: "tester",
      of: ["p-dev"],
      result: { outcome: "passed", summary: "five units of the lot opened: seal, fuse and port as described" },
    }),
    record({
      id: "vulnerability-scan",
      rows: ["SVV-3"],
      kind: "scan",
      person: "ci-1",
      role: "build-system",
      of: ["p-dev"],
      result: {
        outcome: "passed",
        summary: "components of the SBOM against the database",
        database_date: "2026-11-20",
        findings: [],
      },
    }),
    record({
      id: "fuzzing",
      rows: ["SVV-3"],
      kind: "test",
      person: "ci-1",
      role: "build-system",
      of: ["p-dev"],
      result: {
        outcome: "passed",
        summary: "serial frames and envelopes",
        figures: { executions: 12000000, crashes: 0 },
        tests: { "fuzz.serial-frame": "passed", "fuzz.envelope": "passed" },
      },
    }),
    record({
      id: "penetration-test",
      rows: ["SVV-4"],
      kind: "test",
      person: "p-test",
      role: "tester",
      of: ["p-dev", "p-arch"],
      result: {
        outcome: "passed",
        summary: "five days, report by digest",
        findings: [{ id: "PT-1", severity: "low", text: "service page names the build" }],
      },
    }),
    record({
      id: "intake-drill",
      rows: ["DM-1"],
      kind: "drill",
      documents: ["docs/process.md"],
      person: "p-inc",
      role: "incident-handler",
    }),
    review("defects", ["DM-2", "DM-3", "DM-4"], [".sdl/issues/"], "p-inc", "incident-handler"),
    review("news-for-users", ["DM-5"], ["docs/process.md"], "p-inc", "incident-handler"),
    record({
      id: "update-qualification",
      rows: ["SUM-1"],
      kind: "test",
      person: "p-test",
      role: "tester",
      of: ["p-dev"],
      result: {
        outcome: "passed",
        summary: "eight ways to this release, power cuts, rollback",
        figures: { ways: 8, power_cuts: 412 },
      },
    }),
    review("update-document", ["SUM-2"], [".sdl/updates/u-1.2.0/update-doc.yaml"], "p-doc", "technical-writer", [
      "p-rel",
    ]),
    review("dependent-updates", ["SUM-3"], [".sdl/updates/u-1.2.0/compat.yaml"], "p-inc", "incident-handler"),
    review("timeliness", ["SUM-5"], [".sdl/policy.yaml"], "p-lead", "security-lead"),
    review("guides", ["SG-1", "SG-3", "SG-4", "SG-5", "SG-7"], guideFiles, "p-test", "tester", ["p-doc"]),
    review("site-measures", ["SG-2"], [".sdl/context.yaml", ...guideFiles], "p-doc", "technical-writer"),
    review("accounts", ["SG-6"], [".sdl/accounts.yaml"], "p-doc", "technical-writer"),
  ];
}
