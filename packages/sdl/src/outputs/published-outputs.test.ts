import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import * as basic from "@secvisogram/csaf-validator-lib/basic.js";
import validate from "@secvisogram/csaf-validator-lib/validate.js";
import { nodeCrypto } from "@sumac/crypto/node";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { CsafDocument } from "./csaf-document.ts";
import { csafDocuments, csafFolder, isDraft } from "./csaf-folder.ts";
import { examplePicture, noon } from "./example-product.test.support.ts";
import { type OpenVexDocument, openVex } from "./openvex.ts";
import type { ReleasePicture } from "./release-picture.ts";
import { securityTxt } from "./security-txt.ts";

const setting = { tool: { name: "sumac", version: "0.0.0" }, site: "https://vendor.example" };
const shippedAt = "2026-11-24T09:00:00Z";
const shipped = {
  "releases/r-1.2.0.yaml": (text: string) =>
    text.replace("state: candidate", `state: shipped\nshipped_at: ${shippedAt}`),
};
const later = {
  "issues/RTU-3.yaml": (text: string) =>
    text
      .replace("state: accepted", "state: released\nreleased_at: 2026-12-20T10:00:00Z")
      .replace("versions:\n", "versions:\n  1.3.0: fixed\n"),
};
const example = (edits = {}): Promise<ReleasePicture> => examplePicture(edits, "r-1.2.0");

function folderOf(picture: ReleasePicture, documents: readonly CsafDocument[]): Map<string, string> {
  const made = csafFolder(documents, picture.product, { site: setting.site, crypto: nodeCrypto, now: noon });
  if (!made.ok) throw new Error(made.error.file);
  return new Map([...made.value].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
}

describe("the folder of a CSAF provider", () => {
  test("has every document under its name by year, with digests that are right, in feed and lists", async () => {
    const picture = await example({ ...shipped, ...later });
    const documents = csafDocuments(picture, setting);
    expect(documents.filter(isDraft)).toEqual([]);
    const files = folderOf(picture, documents);
    const ids = ["rtu-demo-1_1_0-vex", "rtu-demo-1_2_0-vex", "rtu-demo-rtu-1", "rtu-demo-rtu-3"];
    const paths = ids.map((id) => `2026/${id}.json`);
    expect([...files.keys()]).toEqual(
      [
        "provider-metadata.json",
        "white/changes.csv",
        "white/feed-tlp-white.json",
        "white/index.txt",
        ...paths.flatMap((path) => ["", ".sha256", ".sha512"].map((end) => `white/${path}${end}`)),
      ].sort(),
    );
    for (const path of paths) {
      const text = files.get(`white/${path}`) ?? "";
      for (const algorithm of ["sha256", "sha512"]) {
        const digest = createHash(algorithm).update(text).digest("hex");
        expect(files.get(`white/${path}.${algorithm}`)).toBe(`${digest}  ${path.slice(5)}\n`);
      }
      const { tests } = await validate(Object.values(basic), JSON.parse(text));
      expect(tests.flatMap(({ errors }) => errors)).toEqual([]);
      expect(files.get("white/feed-tlp-white.json")).toContain(`/.well-known/csaf/white/${path}.sha512"`);
    }
    expect((files.get("white/index.txt") ?? "").trimEnd().split("\n").sort()).toEqual([...paths].sort());
    const days = [...(files.get("white/changes.csv") ?? "").matchAll(/^"[^"]+","([^"]+)"\r$/gm)].map(([, day]) => day);
    expect(days).toHaveLength(paths.length);
    expect(days).toEqual([...days].sort().reverse());
    expect(JSON.parse(files.get("provider-metadata.json") ?? "")).toMatchObject({
      role: "csaf_provider",
      last_updated: days[0],
    });
    expect(folderOf(picture, documents)).toEqual(files);
  });

  test("of a vendor who has told of nothing yet is valid and empty; drafts are known as such", async () => {
    const picture = await example();
    const documents = csafDocuments(picture, setting);
    expect(documents.filter(isDraft).map(({ document }) => document.tracking.id)).toEqual([
      "rtu-demo-RTU-1",
      "rtu-demo-1.2.0-vex",
    ]);
    const files = folderOf(picture, []);
    expect(files.get("white/index.txt")).toBe("");
    expect(JSON.parse(files.get("white/feed-tlp-white.json") ?? "")).toMatchObject({
      feed: { entry: [], updated: new Date(noon).toISOString() },
    });
  });

  test("two ids that would be one file are refused, not overwritten", async () => {
    const picture = await example();
    const one = csafDocuments(picture, setting).find(isDraft);
    if (one === undefined) throw new Error("no document");
    const tracking = { ...one.document.tracking, id: one.document.tracking.id.toUpperCase() };
    const other = { ...one, document: { ...one.document, tracking } };
    const made = csafFolder([one, other], picture.product, { site: setting.site, crypto: nodeCrypto, now: noon });
    expect(made).toMatchObject({ ok: false, error: { file: "white/2026/rtu-demo-rtu-1.json" } });
  });

  test("what is said of a shipped release gets a new version when an issue is judged after it", async () => {
    const versionOf = async (edits: object): Promise<string | undefined> =>
      csafDocuments(await example(edits), setting).find(({ document }) => document.tracking.id === "rtu-demo-1.2.0-vex")
        ?.document.tracking.version;
    expect(await versionOf(shipped)).toBe("1");
    expect(await versionOf({ ...shipped, ...later })).toBe("2");
  });
});

/** Our own reading of OpenVEX 0.2.0, for where its schema is not at hand. */
function openVexFaults(document: OpenVexDocument): readonly string[] {
  const top = ["@context", "@id", "author", "role", "timestamp", "last_updated", "version", "tooling", "statements"];
  const own = ["vulnerability", "products", "status", "justification", "impact_statement", "action_statement"];
  const states = ["not_affected", "affected", "fixed", "under_investigation"];
  return [
    ...Object.keys(document).filter((name) => !top.includes(name)),
    ...(Number.isInteger(document.version) && document.version > 0 ? [] : ["version"]),
    ...(document.statements.length > 0 ? [] : ["no statement"]),
    ...document.statements.flatMap((statement) => [
      ...Object.keys(statement).filter((name) => !own.includes(name)),
      ...(states.includes(statement.status) ? [] : ["status"]),
      ...(statement.status === "not_affected" && statement.impact_statement === undefined ? ["no reason"] : []),
      ...(statement.status === "affected" && !statement.action_statement ? ["no action"] : []),
      ...(statement.products.every((product) => product["@id"].startsWith("pkg:")) ? [] : ["product"]),
    ]),
  ];
}

describe("OpenVEX", () => {
  test("says of each issue that users may read how the release stands to it", async () => {
    const vex = openVex(await example(), setting);
    if (vex === undefined) throw new Error("no document");
    expect(openVexFaults(vex)).toEqual([]);
    expect(vex.statements.map(({ vulnerability, status }) => [vulnerability.name, status])).toEqual([
      ["rtu-demo-RTU-1", "fixed"],
      ["rtu-demo-RTU-2", "not_affected"],
    ]);
    expect(vex.statements[1]).toMatchObject({ justification: "vulnerable_code_not_present" });
    expect(JSON.stringify(vex)).not.toContain("RTU-3");
  });

  test("an affected release says what to do", async () => {
    const vex = openVex(await example({ ...shipped, ...later }), setting);
    if (vex === undefined) throw new Error("no document");
    expect(openVexFaults(vex)).toEqual([]);
    expect(vex).toMatchObject({ version: 2, last_updated: "2026-12-20T10:00:00.000Z" });
    const affected = vex.statements.find(({ status }) => status === "affected");
    expect(affected?.action_statement).toBeTruthy();
  });
});

describe("security.txt", () => {
  const facts = { site: "https://vendor.example", expires: noon };
  test("has its required fields once, each on a line of its own", async () => {
    const { product } = await example();
    const lines = securityTxt(product, { ...facts, policy: "https://vendor.example/report" }).split("\r\n");
    expect(lines).toEqual([
      "Contact: mailto:psirt@vendor.example",
      "Expires: 2026-11-23T12:00:00.000Z",
      "Preferred-Languages: en, de",
      "Canonical: https://vendor.example/.well-known/security.txt",
      "Policy: https://vendor.example/report",
      "CSAF: https://vendor.example/.well-known/csaf/provider-metadata.json",
      "",
    ]);
  });

  test("a hostile contact or language begins no line", async () => {
    const { product } = await example();
    const vendor = { ...product.vendor, contact: "a@b.example\r\nContact: mailto:c@d.example" };
    const text = securityTxt({ ...product, vendor, languages: ["en", "de\r\nX: y"] }, facts);
    expect(text.match(/^Contact: /gm)).toHaveLength(1);
    expect(text).not.toMatch(/^X: /m);
  });
});

const beside = new URL("../../../../../shared/vectors/", import.meta.url);
const schemas = [
  "openvex/openvex_json_schema.json",
  "csaf/provider_json_schema.json",
  "csaf/ROLIE_feed_json_schema.json",
];
const absent = schemas.filter((name) => !existsSync(new URL(name, beside)));
if (absent.length > 0)
  console.warn(`skipped: official schemas are not at ../shared/vectors beside the repository: ${absent.join(", ")}`);

describe("the official schemas accept what is written", () => {
  const faults = (name: string, value: unknown): unknown => {
    const schema = JSON.parse(readFileSync(new URL(name, beside), "utf8"));
    // The publisher is told there by a reference to the schema of documents, which the validator above has checked.
    if (schema.properties.publisher !== undefined) schema.properties.publisher = { type: "object" };
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    return check(value) ? [] : check.errors;
  };
  test.skipIf(absent.includes(schemas[0] ?? ""))("OpenVEX", async () => {
    for (const edits of [{}, { ...shipped, ...later }]) {
      const vex = openVex(await example(edits), setting);
      expect(faults("openvex/openvex_json_schema.json", vex)).toEqual([]);
      expect(faults("openvex/openvex_json_schema.json", { ...vex, version: 0 })).not.toEqual([]);
    }
  });
  test.skipIf(absent.includes(schemas[1] ?? ""))("provider metadata", async () => {
    const files = folderOf(await example(), []);
    expect(faults("csaf/provider_json_schema.json", JSON.parse(files.get("provider-metadata.json") ?? ""))).toEqual([]);
  });
  test.skipIf(absent.includes(schemas[2] ?? ""))("feed", async () => {
    const picture = await example({ ...shipped, ...later });
    const files = folderOf(picture, csafDocuments(picture, setting));
    expect(
      faults("csaf/ROLIE_feed_json_schema.json", JSON.parse(files.get("white/feed-tlp-white.json") ?? "")),
    ).toEqual([]);
  });
});
