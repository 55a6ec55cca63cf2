export * from "./attest.ts";
export * from "./canonical-json.ts";
export * from "./catalogue.ts";
export * from "./claim-wording.ts";
export * from "./collect/collected.ts";
export * from "./collect/collectors.ts";
export * from "./collect/git-review.ts";
export * from "./cvss.ts";
export { buildDossier } from "./dossier/build-dossier.ts";
export { type Edition, editions } from "./dossier/dossier-data.ts";
export { explainDossierFault, isMalformed } from "./dossier/dossier-fault.ts";
export { readDossierList } from "./dossier/read-dossier-list.ts";
export { type DossierFolder, verifyDossier } from "./dossier/verify-dossier.ts";
export * from "./drift.ts";
export * from "./dsse.ts";
export * from "./evidence-record.ts";
export * from "./explain.ts";
export * from "./file-kinds.ts";
export * from "./finding.ts";
export * from "./gate.ts";
export * from "./gate-context.ts";
export * from "./gate-report.ts";
export * from "./gate-update.ts";
export * from "./init-product.ts";
export * from "./issue-clock.ts";
export * from "./lint.ts";
export * from "./lint-policy.ts";
export * from "./model/analysis.ts";
export * from "./model/defect.ts";
export * from "./model/evidence.ts";
export type { Key, Keys, Person, Roles, Suppliers } from "./model/people.ts";
export type { CatalogLock, Policy } from "./model/policy.ts";
export type {
  Accounts,
  Context,
  Interfaces,
  Product,
  SiteMeasure,
  SoaRow,
  StatementOfApplicability,
  Zones,
} from "./model/product.ts";
export type { Image, Release } from "./model/release.ts";
export type { Compat, Delivery, Qualification, QualifiedCell, RestartScope, UpdateDoc } from "./model/update.ts";
export * from "./model/vocabulary.ts";
export * from "./new-files.ts";
export { type CsafSetting, csafAdvisories, csafPath, csafVex } from "./outputs/csaf-advisory.ts";
export { csafFileName } from "./outputs/csaf-document.ts";
export { csafDocuments, csafFolder, isDraft, withDigests } from "./outputs/csaf-folder.ts";
export { openVex } from "./outputs/openvex.ts";
export { patchList } from "./outputs/patch-list.ts";
export { type ReleasePicture, releasePicture, releasesInOrder } from "./outputs/release-picture.ts";
export { securityTxt } from "./outputs/security-txt.ts";
export * from "./practice-rows.ts";
export * from "./product-model.ts";
export { attestationReport } from "./reports/attestation-report.ts";
export { craReport } from "./reports/cra-report.ts";
export { inTotoReport } from "./reports/in-toto-report.ts";
export { nercReport } from "./reports/nerc-report.ts";
export { oscalReport } from "./reports/oscal-report.ts";
export type { ReportFile } from "./reports/report-file.ts";
export * from "./rules.ts";
export { bomVersions, firmwareBom } from "./sbom/firmware-bom.ts";
export { mergeParts } from "./sbom/merge-parts.ts";
export { readSbomInput } from "./sbom/read-sbom-input.ts";
export { explainSbomFinding, type SbomFinding } from "./sbom/sbom-finding.ts";
export type { SbomInput } from "./sbom/sbom-part.ts";
export * from "./slc.ts";
export * from "./span.ts";
export * from "./yaml-edit.ts";
export * from "./yaml-file.ts";
export * from "./yaml-text.ts";
export * from "./zone-gaps.ts";
