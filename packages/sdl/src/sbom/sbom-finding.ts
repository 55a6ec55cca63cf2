/** Why a bill of materials is not written. Public codes: scripts branch on them. */
export type SbomCode =
  | "sbom-input-malformed"
  | "sbom-input-empty"
  | "sbom-name-missing"
  | "sbom-version-missing"
  | "sbom-version-floating"
  | "sbom-supplier-missing"
  | "sbom-hash-missing"
  | "sbom-hash-malformed"
  | "sbom-hash-conflict"
  | "sbom-purl-malformed"
  | "sbom-purl-version"
  | "sbom-ambiguous"
  | "sbom-row-unused";

/** `line` counts from 1; of a nested component it is that of the outermost one. */
export interface SbomFinding {
  readonly code: SbomCode;
  readonly file: string;
  readonly line: number;
  readonly about: string;
}

const table: Readonly<Record<SbomCode, { readonly problem: string; readonly remedy: string }>> = {
  "sbom-input-malformed": {
    problem: "the input cannot be read",
    remedy: "give CycloneDX JSON, package-lock.json, what west list or CMake printed, or a CSV or YAML table",
  },
  "sbom-input-empty": { problem: "the input names no component", remedy: "give the right file, or leave it out" },
  "sbom-name-missing": { problem: "a component has no name", remedy: "name it in the input" },
  "sbom-version-missing": { problem: "a component has no version", remedy: "state it in the input or in a table" },
  "sbom-version-floating": {
    problem: "the version names a moving branch",
    remedy: "pin the component to a release or to a commit",
  },
  "sbom-supplier-missing": {
    problem: "a component has no supplier",
    remedy: "state it in a table, or name the component below delivers in suppliers.yaml",
  },
  "sbom-hash-missing": {
    problem: "a component has neither a strong hash nor a reason for having none",
    remedy: "state sha256 or reason in a table; MD5 and SHA-1 do not count",
  },
  "sbom-hash-malformed": { problem: "a hash has the wrong length or alphabet", remedy: "correct it in the input" },
  "sbom-hash-conflict": {
    problem: "two inputs give one component different hashes",
    remedy: "find out which file was built in, and correct the other input",
  },
  "sbom-purl-malformed": { problem: "this is no package URL", remedy: "write it as pkg:TYPE/NAME@VERSION" },
  "sbom-purl-version": { problem: "package URL and version differ", remedy: "correct one of them" },
  "sbom-ambiguous": {
    problem: "a component without package URL fits several with one",
    remedy: "state its purl",
  },
  "sbom-row-unused": { problem: "the row of the table fits no component", remedy: "correct it, or take it out" },
};

/** What a person is told; one line each, lower case, no full stop. */
export const explainSbomFinding = ({
  code,
  about,
}: Pick<SbomFinding, "code" | "about">): { readonly problem: string; readonly remedy: string } => ({
  problem: `${table[code].problem}: ${about}`,
  remedy: table[code].remedy,
});
