import type { Result } from "@sumac/cbor";
import type { SbomFinding } from "./sbom-finding.ts";

export const partTypes = [
  "application",
  "framework",
  "library",
  "container",
  "platform",
  "operating-system",
  "device",
  "device-driver",
  "firmware",
  "file",
  "machine-learning-model",
  "data",
  "cryptographic-asset",
] as const;
/** As CycloneDX 1.6 and 1.7 name them. */
export type PartType = (typeof partTypes)[number];

/** From what runs in the product to what only built it: the first of two wins. */
export const partScopes = ["required", "optional", "excluded"] as const;
export type PartScope = (typeof partScopes)[number];

/** Hex digits of each algorithm that CycloneDX names, and whether it still proves what a file is. */
export const hashAlgorithms: ReadonlyMap<string, { readonly digits: number; readonly strength: "strong" | "weak" }> =
  new Map([
    ["MD5", { digits: 32, strength: "weak" }],
    ["SHA-1", { digits: 40, strength: "weak" }],
    ["SHA-256", { digits: 64, strength: "strong" }],
    ["SHA-384", { digits: 96, strength: "strong" }],
    ["SHA-512", { digits: 128, strength: "strong" }],
    ["SHA3-256", { digits: 64, strength: "strong" }],
    ["SHA3-384", { digits: 96, strength: "strong" }],
    ["SHA3-512", { digits: 128, strength: "strong" }],
    ["BLAKE2b-256", { digits: 64, strength: "strong" }],
    ["BLAKE2b-384", { digits: 96, strength: "strong" }],
    ["BLAKE2b-512", { digits: 128, strength: "strong" }],
    ["BLAKE3", { digits: 64, strength: "strong" }],
  ]);

/** One component as one input tells of it; a text that is not stated is "". */
export interface SbomPart {
  readonly name: string;
  readonly version: string;
  readonly supplier: string;
  readonly purl: string;
  readonly type?: PartType;
  readonly scope?: PartScope;
  readonly licenses: readonly string[];
  /** Algorithm to hex digits. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Why there is no hash. */
  readonly reason: string;
  /** The commit that the source is pinned to, and where it lies. */
  readonly commit?: { readonly uid: string; readonly url: string };
  readonly file: string;
  readonly line: number;
}

export const unstated: Omit<SbomPart, "file" | "line"> = {
  name: "",
  version: "",
  supplier: "",
  purl: "",
  licenses: [],
  hashes: new Map(),
  reason: "",
};

/** What one input tells: components, and which of them (by place in the list) needs which. */
export interface SbomInput {
  readonly parts: readonly SbomPart[];
  readonly needs: readonly (readonly [from: number, to: number])[];
}

/** Reads one format. What is not wholly readable is refused: half an inventory is none. */
export type SbomReader = (file: string, text: string) => Result<SbomInput, readonly SbomFinding[]>;

/** A name, version or supplier of a stranger's file, as one line; "" for what is no text. */
export const plain = (value: unknown): string =>
  typeof value === "string" && value.isWellFormed() && value.length <= 2000
    ? value.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ").trim()
    : "";
