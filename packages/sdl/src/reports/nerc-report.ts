import { csv } from "../outputs/csv.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import type { ReportFile } from "./report-file.ts";

/**
 * Sheets for an operator under NERC CIP, in our own words: what it checks before it changes a baseline (CIP-010 R1.6:
 * source and integrity of software), and what a procurement plan asks of the vendor (CIP-013 R1.2).
 */
export function nercReport({ product, release, report, model, deadlines }: ReleasePicture): readonly ReportFile[] {
  const releasing = new Set(
    (model.single.roles?.value.people ?? [])
      .filter(({ roles }) => roles.includes("release-manager"))
      .flatMap(({ keys }) => keys),
  );
  const keys = (model.single.keys?.value.keys ?? []).filter(
    ({ kid, revoked }) => releasing.has(kid) && revoked === undefined,
  );
  const state = (row: string): string => report.rows.find(({ id }) => id === row)?.state ?? "not judged";
  const missed = deadlines.filter((deadline) => deadline.state === "missed").length;
  return [
    {
      name: "cip-010-r1-6.csv",
      text: csv([
        [
          "product",
          "version",
          "image",
          "sha256",
          "source",
          "signing key ids",
          "check of integrity",
          "check of source",
          "result",
          "operator",
          "time",
        ],
        ...release.images.map(({ name, sha256 }) => [
          product.name,
          release.version,
          name,
          sha256,
          product.vendor.name,
          keys.map(({ kid }) => kid).join(" "),
          "sumac verify ENVELOPE --trust TRUST RECORD, without network",
          "compare the key ids with the sheet that came by a second route",
          "",
          "",
          "",
        ]),
      ]),
    },
    {
      name: "cip-013-r1-2.csv",
      text: csv([
        ["item", "asked of the vendor, in our words", "answer", "evidence"],
        [
          "R1.2.1",
          "tells of incidents that concern the product",
          `contact ${product.vendor.contact}`,
          `DM-5 ${state("DM-5")}`,
        ],
        ["R1.2.2", "works with the customer on incidents", "to be agreed in the contract", `DM-4 ${state("DM-4")}`],
        ["R1.2.3", "tells when access of its people has to end", "to be agreed in the contract", ""],
        [
          "R1.2.4",
          "discloses known vulnerabilities",
          `${missed} deadlines missed`,
          `DM-5 ${state("DM-5")}, SUM-2 ${state("SUM-2")}`,
        ],
        [
          "R1.2.5",
          "integrity and authenticity of software and patches can be verified",
          "signed envelope, offline check, public keys by a second route",
          `SM-6 ${state("SM-6")}, SUM-4 ${state("SUM-4")}`,
        ],
        [
          "R1.2.6",
          "remote access of the vendor is controlled",
          "to be agreed in the contract",
          `SG-3 ${state("SG-3")}`,
        ],
      ]),
    },
  ];
}
