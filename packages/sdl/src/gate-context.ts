import type { Crypto } from "@sumac/crypto";
import type { Catalogue } from "./catalogue.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { type Finding, findingAt, findingOf, type Place } from "./finding.ts";
import type { Policy } from "./model/policy.ts";
import type { Product } from "./model/product.ts";
import type { Release } from "./model/release.ts";
import { type ProductModel, sdlFolder } from "./product-model.ts";
import type { RuleId } from "./rules.ts";
import type { Located } from "./yaml-file.ts";

/** What git says of the product's folder. */
export interface SourceState {
  readonly state: "clean" | "dirty";
  readonly commit: string;
  readonly tree: string;
  /** Tags that name the commit. */
  readonly tags: readonly string[];
}

/** A file of the product's folder, by its path from there. */
export interface FileDigest {
  readonly sha256: string;
  readonly size: number;
}

/** Everything a gate decides from; it looks nowhere else. */
export interface GateInput {
  readonly model: ProductModel;
  readonly catalogue: Catalogue;
  readonly catalogueDigest: string;
  readonly crypto: Crypto;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Digests of every file that records or the release name; what is absent here is not there. */
  readonly files: ReadonlyMap<string, FileDigest>;
  /** What a full validator of CSAF found beside the gate's own look at the form; absent: none was asked. */
  readonly advisories?: readonly { readonly file: string; readonly faults: readonly string[] }[];
  /** Absent: not a git work tree, or git could not be asked. */
  readonly source?: SourceState;
  /** Which release; absent: the only candidate. */
  readonly release?: string;
  readonly path: "regular" | "emergency";
}

/** The same with the release found and the records opened. */
export interface GateCase extends GateInput {
  readonly product: Located<Product>;
  readonly policy: Located<Policy>;
  readonly chosen: Located<Release>;
  readonly records: readonly EvidenceRecord[];
}

/** A finding that belongs to a row of the catalogue, or to its gate alone. */
export interface GateFinding extends Finding {
  readonly row?: string;
  /** Issue or cell that a waiver could cover. */
  readonly waivable?: string;
}

export const about = (rule: RuleId, place: Place, fact: string, row?: string): GateFinding => ({
  ...findingAt(rule, place, fact),
  ...(row === undefined ? {} : { row }),
});

export const aboutFile = (rule: RuleId, file: string, fact: string, row?: string): GateFinding => ({
  ...findingOf(rule, file, fact),
  ...(row === undefined ? {} : { row }),
});

/** A later clock than this is not drift of a few minutes. */
export const clockTolerance: number = 5 * 60_000;

export const updateFile = (id: string, name: string): string => `${sdlFolder}/updates/${id}/${name}`;

/** Roles of a person, none for somebody unknown. */
export const rolesOf = (model: ProductModel, person: string): readonly string[] =>
  model.single.roles?.value.people.find(({ id }) => id === person)?.roles ?? [];
