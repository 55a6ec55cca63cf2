import { bytesToHex, type Crypto } from "@sumac/crypto";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import type { ReportFile } from "./report-file.ts";

const namespace = "urn:sumac:oscal";

/**
 * An OSCAL component definition of a release: which rows it answers to, in our own words. Written from the description
 * of the format and flagged so: no schema was at hand to hold it against.
 */
export function oscalReport({ product, release, report, input }: ReleasePicture): readonly ReportFile[] {
  const rows = [...input.catalogue.processRows.values(), ...input.catalogue.componentRows.values()];
  const titles = new Map(rows.map(({ id, title }) => [id, title]));
  const judged = report.rows.filter(({ id, state }) => titles.has(id) && state !== "not-applicable");
  const uuid = (...about: readonly string[]): string =>
    uuidOf([product.vendor.namespace, product.id, release.id, report.judgedAt, ...about], input.crypto);
  const property = (name: string, value: string): JsonValue => ({ name, ns: namespace, value });
  const definition: JsonValue = {
    "component-definition": {
      uuid: uuid("definition"),
      metadata: {
        title: `${product.name} ${release.version}`,
        "last-modified": report.judgedAt,
        version: release.version,
        "oscal-version": "1.1.3",
        props: [property("schema-validation", "untested")],
        remarks: "Not held against the OSCAL schema. The vendor's own statement, not a certificate.",
      },
      components: [
        {
          uuid: uuid("component"),
          type: "hardware",
          title: product.name,
          description: `Model ${product.model}, firmware ${release.version}`,
          props: [
            property("gate-verdict", report.verdict),
            ...release.images.map(({ name, sha256 }) => ({
              name: "image-sha256",
              ns: namespace,
              value: sha256,
              remarks: name,
            })),
          ],
          "control-implementations": [
            {
              uuid: uuid("implementation"),
              source: `urn:sumac:catalogue:sha256:${report.catalogue.sha256}`,
              description: `Rows of ${report.edition}, judged for ${report.judgedAt}`,
              "implemented-requirements": judged.map(({ id, state, records }) => ({
                uuid: uuid("row", id),
                "control-id": controlId(id),
                description: titles.get(id) ?? id,
                props: [
                  property("state", state),
                  property("row", id),
                  ...records.map((sha256) => property("record-sha256", sha256)),
                ],
              })),
            },
          ],
        },
      ],
    },
  };
  return [{ name: "oscal-component-definition.untested.json", text: `${JSON.stringify(definition, null, 2)}\n` }];
}

/** `CR 1.1 RE(2)` as a token: `cr-1.1-re-2`. */
const controlId = (row: string): string =>
  row
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replace(/-$/, "");

/** OSCAL takes UUIDs of version 4 and 5 only: this has the form of a 5, from SHA-256, so that it comes out the same again. */
function uuidOf(about: readonly string[], crypto: Crypto): string {
  const running = crypto.startDigest("sha-256");
  running.update(new TextEncoder().encode(canonicalJson(about)));
  const hex = bytesToHex(running.digest());
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4] ?? "8";
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
