import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, test } from "vitest";
import { examplePicture } from "../outputs/example-product.test.support.ts";
import { bomVersions } from "../sbom/firmware-bom.ts";
import { attestationReport } from "./attestation-report.ts";
import { craReport } from "./cra-report.ts";
import { nercReport } from "./nerc-report.ts";
import { oscalReport } from "./oscal-report.ts";

const setting = { specVersion: "1.6", tool: { name: "sumac", version: "0.1.0" } } as const;
interface Declared {
  readonly claims: readonly { readonly "bom-ref": string; readonly evidence?: readonly string[] }[];
  readonly evidence: readonly { readonly "bom-ref": string }[];
  readonly attestations: readonly [
    {
      readonly map: readonly {
        readonly requirement: string;
        readonly claims?: unknown;
        readonly counterClaims?: unknown;
        readonly conformance: { readonly score: number };
      }[];
    },
  ];
}

describe("CycloneDX attestations of the judged rows", () => {
  test.each(bomVersions)("are valid %s, by the library of its authors", async (specVersion) => {
    const validator = new Validation.JsonStrictValidator(
      specVersion === "1.6" ? Spec.Version.v1dot6 : Spec.Version.v1dot7,
    );
    const bom = attestationReport(await examplePicture(), { ...setting, specVersion });
    expect(await validator.validate(JSON.stringify(bom))).toBeNull();
    expect(await validator.validate(JSON.stringify({ ...bom, declarations: { claim: [] } }))).not.toBeNull();
  });

  test("claim only what passed, each with records that are in the file", async () => {
    const picture = await examplePicture();
    const { map } = (attestationReport(picture, setting)["declarations"] as unknown as Declared).attestations[0];
    const { claims, evidence } = attestationReport(picture, setting)["declarations"] as unknown as Declared;
    const refs = new Set(evidence.map((entry) => entry["bom-ref"]));
    expect(claims.flatMap((claim) => claim.evidence ?? []).filter((ref) => !refs.has(ref))).toEqual([]);
    expect(map.length).toBeGreaterThan(90);
    for (const { requirement, claims: claimed, counterClaims, conformance } of map) {
      const state = picture.report.rows.find(({ id }) => `row:${id}` === requirement)?.state;
      expect([requirement, conformance.score, claimed === undefined, counterClaims === undefined]).toEqual(
        state === "pass" ? [requirement, 1, false, true] : [requirement, 0, true, false],
      );
    }
    expect(JSON.stringify(attestationReport(picture, setting))).toBe(
      JSON.stringify(attestationReport(picture, setting)),
    );
  });

  test("count what is not met as 0, and name no record that is not there", async () => {
    const picture = await examplePicture();
    const rows = picture.report.rows.map((row) =>
      row.id === "SM-1" ? { ...row, state: "waived" as const, records: ["0".repeat(64)] } : row,
    );
    const bom = attestationReport({ ...picture, report: { ...picture.report, rows } }, setting);
    const { claims, attestations } = bom["declarations"] as unknown as Declared;
    expect(attestations[0].map.find(({ requirement }) => requirement === "row:SM-1")).toMatchObject({
      counterClaims: ["claim:SM-1"],
      conformance: { score: 0 },
    });
    expect(claims.find((claim) => claim["bom-ref"] === "claim:SM-1")).not.toHaveProperty("evidence");
  });

  test("a red gate is said", async () => {
    const red = await examplePicture({
      "product.yaml": (text) => text.replace(/support_end: .*/, "support_end: 2020-01-01"),
    });
    expect(JSON.stringify(attestationReport(red, setting))).toContain('"sumac:gate-verdict","value":"fail"');
  });
});

describe("drafts for the CRA", () => {
  const issue = "issues/RTU-7.yaml";
  const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);

  test("an index that says what is not there, and Annex I as a sheet", async () => {
    const files = craReport(await examplePicture());
    expect(names(files).slice(0, 2)).toEqual(["annex-vii.md", "annex-i.csv"]);
    expect(files[0]?.text).toContain("**not there:** the manufacturer writes and signs it");
    expect(files[1]?.text.split("\r\n")[0]).toBe('item,"duty, in our words",state,rows,beside');
  });

  test("three reports for an issue that is exploited, with what a person has to state", async () => {
    const picture = await examplePicture();
    const [first] = picture.issues;
    if (first === undefined) throw new Error(`no ${issue}`);
    const { mitigation_at: _, fix_ready_at: __, ...open } = first;
    const exploited = { ...open, id: "X-1", exploited: "yes" as const, title: "a | b <i>" };
    const files = craReport({ ...picture, issues: [exploited], deadlines: [] });
    expect(names(files).slice(2)).toEqual([
      "article-14-X-1-early-warning.md",
      "article-14-X-1-notification.md",
      "article-14-X-1-final-report.md",
    ]);
    expect(files[2]?.text).toContain("| Member States concerned | **to be stated** |");
    expect(files[2]?.text).not.toContain("| In short |");
    expect(files[3]?.text).toContain("| In short | a \\| b &lt;i> |");
    expect(files[4]?.text).toContain("14 days after a fix or mitigation is available");
    expect(names(craReport({ ...picture, issues: [{ ...exploited, exploited: "no" }] })).length).toBe(2);
  });

  test("the date of the clock is in the draft", async () => {
    const picture = await examplePicture();
    const [first] = picture.issues;
    if (first === undefined) throw new Error("no issue");
    const due = Date.parse("2026-11-24T00:00:00Z");
    const deadline = {
      issue: first.id,
      duty: "cra-early-warning",
      source: "CRA 14(1)-(2)",
      due,
      state: "open",
    } as const;
    const files = craReport({ ...picture, issues: [{ ...first, exploited: "yes" }], deadlines: [deadline] });
    expect(files[2]?.text).toContain("Due 2026-11-24T00:00:00.000Z (CRA 14(1)-(2)): open.");
  });
});

test("sheets for NERC CIP name every image, and the keys of who releases that are not revoked", async () => {
  const picture = await examplePicture();
  const [baseline, procurement] = nercReport(picture);
  const rows = baseline?.text.trimEnd().split("\r\n") ?? [];
  expect(rows.length).toBe(1 + picture.release.images.length);
  const people = picture.model.single.roles?.value.people ?? [];
  const kid = people.find(({ roles }) => roles.includes("release-manager"))?.keys[0] ?? "no key";
  expect(rows[1]).toContain(picture.release.images[0]?.sha256);
  expect(rows[1]).toContain(kid);
  const revoked = await examplePicture({
    "keys.yaml": (text) =>
      text.replace(new RegExp(`(- kid: ${kid}\\n)`), "$1    revoked:\n      on: 2026-11-01\n      reason: lost\n"),
  });
  expect(nercReport(revoked)[0]?.text).not.toContain(kid);
  expect(procurement?.text).toContain("R1.2.5");
});

test("the OSCAL component definition says that it is untested, and names each judged row once", async () => {
  const picture = await examplePicture();
  const [file] = oscalReport(picture);
  expect(file?.name).toBe("oscal-component-definition.untested.json");
  const text = file?.text ?? "";
  expect(text).toContain('"schema-validation"');
  const ids = [...text.matchAll(/"control-id": "([^"]+)"/g)].map(([, id]) => id ?? "");
  expect(ids.length).toBeGreaterThan(90);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z][a-z0-9.-]*[a-z0-9]$/.test(id))).toEqual([]);
  const uuids = [...text.matchAll(/"uuid": "([^"]+)"/g)].map(([, uuid]) => uuid ?? "");
  expect(new Set(uuids).size).toBe(uuids.length);
  expect(
    uuids.filter((uuid) => !/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid)),
  ).toEqual([]);
  expect(oscalReport(picture)[0]?.text).toBe(text);
});
