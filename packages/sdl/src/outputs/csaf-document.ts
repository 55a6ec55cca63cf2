/** CSAF 2.0 (OASIS Standard of 2022), as far as it is written here. */
export interface CsafDocument {
  readonly document: {
    readonly category: "csaf_security_advisory" | "csaf_vex";
    readonly csaf_version: "2.0";
    readonly distribution: { readonly tlp: { readonly label: "WHITE" } };
    readonly lang: "en";
    readonly aggregate_severity?: { readonly text: string };
    readonly notes: readonly CsafNote[];
    readonly publisher: CsafPublisher;
    readonly references: readonly {
      readonly category: "self" | "external";
      readonly summary: string;
      readonly url: string;
    }[];
    readonly title: string;
    readonly tracking: {
      readonly current_release_date: string;
      readonly generator: { readonly engine: { readonly name: string; readonly version: string } };
      readonly id: string;
      readonly initial_release_date: string;
      readonly revision_history: readonly {
        readonly date: string;
        readonly number: string;
        readonly summary: string;
      }[];
      readonly status: "draft" | "final";
      readonly version: string;
    };
  };
  readonly product_tree: { readonly branches: readonly CsafBranch[] };
  readonly vulnerabilities: readonly CsafVulnerability[];
}

export interface CsafNote {
  readonly category: "description" | "details" | "general" | "summary" | "other" | "faq";
  readonly text: string;
  readonly title: string;
}

interface CsafPublisher {
  readonly category: "vendor";
  readonly contact_details: string;
  readonly name: string;
  readonly namespace: string;
}

export interface CsafBranch {
  readonly category: "vendor" | "product_name" | "product_version";
  readonly name: string;
  readonly branches?: readonly CsafBranch[];
  readonly product?: {
    readonly name: string;
    readonly product_id: string;
    readonly product_identification_helper: {
      readonly hashes?: readonly {
        readonly file_hashes: readonly { readonly algorithm: "sha256"; readonly value: string }[];
        readonly filename: string;
      }[];
      readonly model_numbers: readonly string[];
      readonly purl: string;
    };
  };
}

export type CsafStatus = "known_affected" | "known_not_affected" | "fixed" | "under_investigation";

export interface CsafVulnerability {
  readonly cve?: string;
  readonly cwe?: { readonly id: string; readonly name: string };
  readonly discovery_date: string;
  readonly flags?: readonly { readonly label: string; readonly product_ids: readonly string[] }[];
  readonly ids: readonly { readonly system_name: string; readonly text: string }[];
  readonly notes: readonly CsafNote[];
  readonly product_status: { readonly [Status in CsafStatus]?: readonly string[] };
  readonly release_date?: string;
  readonly remediations?: readonly CsafRemediation[];
  readonly threats?: readonly {
    readonly category: "exploit_status" | "impact";
    readonly details: string;
    readonly product_ids: readonly string[];
  }[];
  readonly title: string;
}

export interface CsafRemediation {
  readonly category: "vendor_fix" | "workaround" | "mitigation" | "no_fix_planned" | "none_available";
  readonly date?: string;
  readonly details: string;
  readonly product_ids: readonly string[];
  readonly restart_required?: { readonly category: string; readonly details: string };
}

/** The file name CSAF 2.0 5.1 derives from a tracking id. */
export const csafFileName = (trackingId: string): string =>
  `${trackingId.toLowerCase().replace(/[^+\-a-z0-9]+/g, "_")}.json`;
