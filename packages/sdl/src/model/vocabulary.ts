import { oneOf, record, type Shape, securityLevel } from "./shape.ts";

/** What a person may do in the process. Row rules name these, never people. */
export type Role =
  | "security-lead"
  | "product-owner"
  | "architect"
  | "developer"
  | "tester"
  | "build-system"
  | "release-manager"
  | "incident-handler"
  | "technical-writer"
  | "purchasing";

export const roles: readonly Role[] = [
  "security-lead",
  "product-owner",
  "architect",
  "developer",
  "tester",
  "build-system",
  "release-manager",
  "incident-handler",
  "technical-writer",
  "purchasing",
];
export const role: Shape<Role> = oneOf(...roles);

/** What sort of proof a record is. */
export type EvidenceKind =
  | "test"
  | "review"
  | "scan"
  | "drill"
  | "training"
  | "document"
  | "certificate"
  | "supplier"
  | "approval"
  | "provenance"
  | "delivery";

export const evidenceKinds: readonly EvidenceKind[] = [
  "test",
  "review",
  "scan",
  "drill",
  "training",
  "document",
  "certificate",
  "supplier",
  "approval",
  "provenance",
  "delivery",
];
export const evidenceKind: Shape<EvidenceKind> = oneOf(...evidenceKinds);

/** 62443-4-2: software application, embedded device, host device, network device. */
export type ComponentType = "SAR" | "EDR" | "HDR" | "NDR";
export const componentType: Shape<ComponentType> = oneOf("SAR", "EDR", "HDR", "NDR");

/** The seven foundational requirements, in their order. */
export type Requirement7 = "IAC" | "UC" | "SI" | "DC" | "RDF" | "TRE" | "RA";
export const foundational: readonly Requirement7[] = ["IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"];

export type Level = 0 | 1 | 2 | 3 | 4;

/** One level per foundational requirement: seven numbers, never one. */
export type LevelVector = { readonly [Code in Requirement7]: Level };
export const levelVector: Shape<LevelVector> = record({
  IAC: securityLevel,
  UC: securityLevel,
  SI: securityLevel,
  DC: securityLevel,
  RDF: securityLevel,
  TRE: securityLevel,
  RA: securityLevel,
});

export type SeverityClass = "exploited" | "critical" | "high" | "medium" | "low";
export const severityClasses: readonly SeverityClass[] = ["exploited", "critical", "high", "medium", "low"];
export const severityClass: Shape<SeverityClass> = oneOf(...severityClasses);

/** CSAF and OpenVEX share these four states. */
export type VexState = "under_investigation" | "affected" | "not_affected" | "fixed";
export const vexState: Shape<VexState> = oneOf("under_investigation", "affected", "not_affected", "fixed");

export type UpdateKind = "security" | "feature" | "mixed";
export const updateKind: Shape<UpdateKind> = oneOf("security", "feature", "mixed");
