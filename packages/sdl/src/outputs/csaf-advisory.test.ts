import * as basic from "@secvisogram/csaf-validator-lib/basic.js";
import { mandatoryTest_6_1_11 } from "@secvisogram/csaf-validator-lib/mandatoryTests.js";
import validate from "@secvisogram/csaf-validator-lib/validate.js";
import { describe, expect, test } from "vitest";
import { checkAdvisories } from "../advisory-form.ts";
import { csafAdvisories, csafPath, csafVex } from "./csaf-advisory.ts";
import type { CsafDocument } from "./csaf-document.ts";
import { cweNames } from "./cwe-names.ts";
import { examplePicture } from "./example-product.test.support.ts";

const setting = { tool: { name: "sumac", version: "0.0.0" }, site: "https://vendor.example" };

async function faults(document: CsafDocument): Promise<readonly string[]> {
  const { tests } = await validate(Object.values(basic), structuredClone(document));
  return tests.flatMap(({ name, errors }) =>
    errors.map(({ instancePath, message }) => `${name} ${instancePath}: ${message}`),
  );
}

test("the validator has teeth: it names what is wrong in a spoilt advisory", async () => {
  const [advisory] = csafAdvisories(await examplePicture(), setting);
  const spoilt = structuredClone(advisory) as unknown as { document: { tracking: { version: string } } };
  spoilt.document.tracking.version = "7";
  expect(await faults(spoilt as unknown as CsafDocument)).not.toEqual([]);
});

describe("the gate looks at the form of advisories", () => {
  const check = (name: string, text: string) =>
    checkAdvisories(new Map([[`data/csaf/white/2026/${name}`, new TextEncoder().encode(text)]])).flatMap(
      ({ faults: found }) => found,
    );

  test("finds nothing in those that are made here, and leaves other files alone", async () => {
    const [advisory] = csafAdvisories(await examplePicture(), setting);
    expect(check("rtu-demo-rtu-1.json", JSON.stringify(advisory))).toEqual([]);
    expect(check("other.json", JSON.stringify(advisory))).toEqual([
      "it is called other.json, its id asks for rtu-demo-rtu-1.json",
    ]);
    expect(checkAdvisories(new Map([["data/sbom.json", new Uint8Array()]]))).toEqual([]);
  });

  test.each([
    ["nothing", "", "not JSON"],
    ["no object", "[]", "the file is not object"],
    ["half a document", '{"document":{"csaf_version":"1.2"}}', "document.category"],
  ])("%s", (_, text, fault) => {
    expect(check("a.json", text)).toContain(fault);
  });
});

test("an advisory for the issue that the release fixes, valid CSAF 2.0, and none for what is not told yet", async () => {
  const advisories = csafAdvisories(await examplePicture(), setting);
  expect(advisories.map(({ document }) => document.tracking.id)).toEqual(["rtu-demo-RTU-1"]);
  const [advisory] = advisories;
  if (advisory === undefined) throw new Error("no advisory");
  expect(await faults(advisory)).toEqual([]);
  expect(advisory.document.tracking.status).toBe("draft");
  expect(csafPath(advisory)).toBe("white/2026/rtu-demo-rtu-1.json");
  const [issue] = advisory.vulnerabilities;
  expect(issue?.product_status).toEqual({
    known_affected: ["rtu-demo:1.0.0", "rtu-demo:1.1.0"],
    fixed: ["rtu-demo:1.2.0"],
  });
  expect(issue?.remediations?.[0]?.restart_required?.category).toBe("service");
  expect(JSON.stringify(advisories)).not.toContain("RTU-3");
});

const shipped = {
  "releases/r-1.2.0.yaml": (text: string) =>
    text.replace("state: candidate", "state: shipped\nshipped_at: 2026-11-24T09:00:00Z"),
};

test("after shipping the advisory is final and has the day of shipping", async () => {
  const edits = {
    ...shipped,
    "issues/RTU-1.yaml": (text: string) =>
      text.replace("state: fixed", "state: released\nreleased_at: 2026-11-24T09:00:00Z\ncve: CVE-2026-12345"),
  };
  const [advisory] = csafAdvisories(await examplePicture(edits, "r-1.2.0"), setting);
  if (advisory === undefined) throw new Error("no advisory");
  expect(await faults(advisory)).toEqual([]);
  expect(advisory.document.tracking).toMatchObject({
    status: "final",
    initial_release_date: "2026-11-24T09:00:00.000Z",
  });
  expect(advisory.vulnerabilities[0]?.cve).toBe("CVE-2026-12345");
});

test("a VEX document names what the release is not affected by, with the reason, and is valid", async () => {
  const vex = csafVex(await examplePicture(), setting);
  if (vex === undefined) throw new Error("no document");
  expect(await faults(vex)).toEqual([]);
  const unharmed = vex.vulnerabilities.find(({ ids }) => ids[0]?.text === "RTU-2");
  expect(unharmed?.flags).toEqual([{ label: "vulnerable_code_not_present", product_ids: ["rtu-demo:1.2.0"] }]);
});

describe("names and texts that try to break out stay text", () => {
  test.each(['"}],"x":[{"', "<script>alert(1)</script>", "\u202eevil", "a\\nb"])("%j", async (name) => {
    const picture = await examplePicture({
      "product.yaml": (text) => text.replace("name: Example remote terminal unit", `name: ${JSON.stringify(name)}`),
    });
    const [advisory] = csafAdvisories(picture, setting);
    if (advisory === undefined) throw new Error("no advisory");
    expect(await faults(advisory)).toEqual([]);
    expect(JSON.parse(JSON.stringify(advisory))).toEqual(advisory);
  });
});

test("every name of a weakness is the one CSAF expects", async () => {
  const [advisory] = csafAdvisories(await examplePicture(), setting);
  for (const [id, name] of Object.entries(cweNames)) {
    const document = structuredClone(advisory) as unknown as { vulnerabilities: { cwe: unknown }[] };
    for (const vulnerability of document.vulnerabilities) vulnerability.cwe = { id, name };
    expect(mandatoryTest_6_1_11(document).errors, id).toEqual([]);
  }
});
