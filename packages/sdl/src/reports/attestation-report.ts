import type { JsonValue } from "../canonical-json.ts";
import type { GateRow } from "../gate-report.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import { type Bom, type BomVersion, bomHead, sealBom, subjectOf } from "../sbom/firmware-bom.ts";

export interface AttestationSetting {
  readonly specVersion: BomVersion;
  readonly tool: { readonly name: string; readonly version: string };
}

/**
 * The judged rows of a release as CycloneDX attestations, 1.6 or 1.7: the rows as a standard in our own words, for each
 * a claim with the records that count for it, and how far it is met. A waived row is not met. It is the vendor's own
 * statement: no third party assessed anything, and nothing is affirmed that the gate found red.
 */
export function attestationReport(picture: ReleasePicture, { specVersion, tool }: AttestationSetting): Bom {
  const { product, release, report, input, records } = picture;
  const vendor = { name: product.vendor.name };
  const subject = subjectOf({ id: product.id, vendor: vendor.name }, release);
  const titles = new Map(
    [...input.catalogue.processRows.values(), ...input.catalogue.componentRows.values()].map((row) => [row.id, row]),
  );
  const rows = report.rows.filter(({ id, state }) => titles.has(id) && state !== "not-applicable");
  const counted = new Set(rows.flatMap((row) => row.records));
  const evidence = records
    .filter(({ sha256 }) => counted.has(sha256))
    .map(({ sha256, file, evidence: { kind, produced_at, valid_until, person, result } }) => ({
      "bom-ref": `record:${sha256}`,
      propertyName: `sumac:record:${kind}`,
      data: [
        { name: `sha256:${sha256}`, contents: { url: encodeURI(file) } },
        { name: "summary", contents: { attachment: { content: result.summary } } },
      ],
      created: produced_at,
      expires: valid_until,
      author: { name: person },
    }));
  const known = new Set(evidence.map((entry) => entry["bom-ref"]));
  return sealBom(
    {
      ...bomHead(specVersion),
      metadata: {
        timestamp: report.judgedAt,
        tools: { components: [{ type: "application", ...tool }] },
        component: subject,
        supplier: vendor,
        properties: [
          { name: "sumac:gate-verdict", value: report.verdict },
          { name: "sumac:keys", value: report.keys },
          { name: "sumac:sbom-sha256", value: release.sbom.sha256 },
        ],
      },
      definitions: {
        standards: [
          {
            "bom-ref": "standard",
            name: "IEC 62443-4-1 and IEC 62443-4-2",
            version: report.edition,
            description:
              "Row ids of the standards with titles and intents in our own words; their text is not in here.",
            owner: tool.name,
            requirements: rows.map(({ id }) => ({
              "bom-ref": `row:${id}`,
              identifier: id,
              title: titles.get(id)?.title ?? id,
              text: titles.get(id)?.intent ?? "",
            })),
          },
        ],
      },
      declarations: {
        assessors: [{ "bom-ref": "assessor", thirdParty: false, organization: vendor }],
        attestations: [
          {
            summary: `Release gate of ${product.id} ${release.id}: ${report.verdict}. The vendor's own statement, not a certificate.`,
            assessor: "assessor",
            map: rows.map((row) => ({
              requirement: `row:${row.id}`,
              [row.state === "pass" ? "claims" : "counterClaims"]: [`claim:${row.id}`],
              conformance: { score: row.state === "pass" ? 1 : 0, rationale: rationale(row) },
            })),
          },
        ],
        claims: rows.map((row): JsonValue => {
          const proofs = row.records.map((sha256) => `record:${sha256}`).filter((ref) => known.has(ref));
          return {
            "bom-ref": `claim:${row.id}`,
            target: "target",
            predicate: predicateOf(row),
            reasoning: rationale(row),
            ...(proofs.length === 0 ? {} : { evidence: proofs }),
          };
        }),
        evidence,
        targets: { components: [{ ...subject, "bom-ref": "target", components: undefined }] },
      },
    },
    input.crypto,
  );
}

function predicateOf({ id, state, standing }: GateRow): string {
  if (state !== "pass") return `the release does not answer to ${id}`;
  return `the release answers to ${id}${standing === "by-integration" ? " with the measures of its guide in place" : ""}`;
}

function rationale({ state, rule, about, standing, records }: GateRow): string {
  const why = [rule, about].filter((text) => text !== undefined).join(", ");
  const means = standing === "by-integration" ? ", by integration" : "";
  return `${state}${means}${why === "" ? "" : `: ${why}`}; records: ${records.length}`;
}
