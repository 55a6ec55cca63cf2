import type { EmergencyGrant } from "../emergency.ts";
import type { GateReport, RowState } from "../gate-report.ts";
import type { MatrixCell } from "../gate-update.ts";
import type { Timeliness } from "../issue-clock.ts";
import type { Qualification, UpdateDoc } from "../model/update.ts";
import type { AnnexState } from "../outputs/cra-annex.ts";
import type { LimitingRow } from "../slc.ts";

export const dossierFormat = "sumac-dossier/1";

/** `customer`: penetration tests, findings and untold issues by digest and summary only. */
export type Edition = "internal" | "customer";
export const editions: readonly Edition[] = ["internal", "customer"];

/** `dossier.json`: everything the pages show, and the digest of every file beside it. */
export interface DossierData {
  readonly format: typeof dossierFormat;
  readonly edition: Edition;
  readonly tool: { readonly name: string; readonly version: string };
  /** RFC 3339: the time the gate was judged for. */
  readonly judgedAt: string;
  readonly verdict: GateReport["verdict"];
  readonly keyStorage: GateReport["keys"];
  readonly catalogueEdition: string;
  readonly product: DossierProduct;
  readonly release: DossierRelease;
  readonly slC: GateReport["slC"] & {
    readonly limitingIntegrated: readonly LimitingRow[];
    readonly sentences: readonly string[];
  };
  readonly emergency?: EmergencyGrant;
  readonly gates: readonly DossierRow[];
  readonly practiceRows: readonly DossierRow[];
  readonly componentRows: readonly DossierRow[];
  readonly threats: readonly DossierThreat[];
  readonly matrix: readonly (MatrixCell & { readonly run?: string })[];
  readonly qualification?: Qualification;
  readonly updateDoc?: UpdateDoc;
  readonly issues: readonly DossierIssue[];
  readonly timeliness: readonly Timeliness[];
  readonly waivers: readonly DossierWaiver[];
  readonly annex: readonly AnnexState[];
  readonly keys: readonly DossierKey[];
  readonly evidence: readonly DossierEvidence[];
  readonly files: readonly DossierFile[];
}

interface DossierProduct {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly contact: string;
  readonly model: string;
  readonly hardware: readonly string[];
  readonly componentType: string;
  readonly supportEnd: string;
  readonly supportReason: string;
  readonly targetReason: string;
  readonly intendedUse: string;
  readonly environment: readonly string[];
  readonly measures: readonly {
    readonly id: string;
    readonly statement: string;
    readonly guide: string;
    readonly rows: readonly string[];
  }[];
}

interface DossierRelease {
  readonly id: string;
  readonly version: string;
  readonly state: string;
  readonly sequence: number;
  readonly floor: number;
  readonly updateKind: string;
  readonly images: readonly { readonly name: string; readonly sha256: string; readonly size: number }[];
  readonly manifest?: string;
  readonly source: { readonly commit: string; readonly tree: string; readonly tag: string };
  readonly sbom: { readonly file: string; readonly sha256: string };
  readonly guides: readonly { readonly id: string; readonly sha256: string }[];
  readonly planned: string;
  readonly shippedAt?: string;
}

export interface DossierRow {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly state: RowState;
  readonly maturity?: string;
  readonly standing?: string;
  /** First level at which a 4-2 row counts. */
  readonly slFrom?: number;
  /** How the vendor says it is met. */
  readonly statement?: string;
  readonly rule?: string;
  readonly problem?: string;
  readonly remedy?: string;
  /** SHA-256 of the envelopes that count. */
  readonly records: readonly string[];
}

export interface DossierThreat {
  readonly id: string;
  readonly title: string;
  readonly rating: string;
  readonly treatment: string;
  readonly reviewed: string;
  readonly mitigations: readonly { readonly id: string; readonly layer: string; readonly statement?: string }[];
  readonly tests: readonly { readonly id: string; readonly outcome: string; readonly record?: string }[];
}

export interface DossierIssue {
  readonly id: string;
  /** Absent while users may not read of it. */
  readonly title?: string;
  readonly severity?: string;
  readonly state: string;
  readonly inThisRelease?: string;
  readonly awareAt: string;
  readonly releasedAt?: string;
  readonly deadlines: readonly {
    readonly duty: string;
    readonly source: string;
    readonly due: string;
    readonly done?: string;
    readonly state: string;
  }[];
}

interface DossierWaiver {
  readonly id: string;
  readonly covers: string;
  readonly reason: string;
  readonly risk: string;
  readonly approver: string;
  readonly expires: string;
  readonly used: "yes" | "no";
}

export interface DossierKey {
  readonly kid: string;
  readonly public: string;
  readonly storage: string;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly revoked?: string;
  readonly holders: readonly string[];
  readonly roles: readonly string[];
}

export interface DossierEvidence {
  readonly id: string;
  readonly sha256: string;
  /** Absent: kept back in this edition, known by its digest alone. */
  readonly file?: string;
  readonly kind: string;
  readonly rows: readonly string[];
  readonly scope: string;
  readonly person: string;
  readonly role: string;
  readonly producedAt: string;
  readonly validUntil: string;
  readonly outcome: string;
  readonly summary: string;
  readonly signedBy: readonly string[];
  /** Why it is not believed. */
  readonly fault?: string;
}

export interface DossierFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}
