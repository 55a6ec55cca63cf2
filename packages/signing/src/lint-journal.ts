import type { Parameters, SuitDigest, VersionMatch } from "@sumac/suit";
import type { Arrival, Finding } from "./finding.ts";
import type { SectionName } from "./walk-manifest.ts";

export type ParameterName = keyof Parameters;

/** A value that a parameter may have, and the command that sets it. */
export interface Setting<Name extends ParameterName> {
  readonly value: NonNullable<Parameters[Name]>;
  readonly offset: number;
}

export interface Fetch {
  readonly index: number;
  readonly uri: string;
  /** Of the command that sets the URI. */
  readonly offset: number;
  /** Known when the fetch begins; empty = set later, or never. */
  readonly digests: readonly SuitDigest[];
}

/** What write put into a component, and what it is compared with. */
export interface MatchedContent {
  readonly index: number;
  /** Of the write. */
  readonly offset: number;
  readonly contents: readonly Uint8Array[];
  readonly digests: readonly SuitDigest[];
  readonly sizes: readonly bigint[];
}

/** What following the commands of a manifest brings to light: findings, and facts for other rules. */
export class Journal {
  readonly fetches: Fetch[] = [];
  /** By URI: what was fetched from there was compared with one of these. */
  readonly matches: Map<string, Set<SuitDigest>> = new Map();
  readonly sizes: { readonly index: number; readonly size: bigint; readonly offset: number }[] = [];
  readonly digests: { readonly index: number; readonly value: SuitDigest }[] = [];
  /** Versions that are asked of what has just arrived. */
  readonly versions: { readonly index: number; readonly value: VersionMatch }[] = [];
  readonly contents: MatchedContent[] = [];
  readonly processed: { readonly index: number; readonly section: SectionName }[] = [];
  readonly findings: Finding[] = [];

  add(found: Finding): void {
    this.findings.push(found);
  }

  match(uri: string, digests: readonly SuitDigest[]): void {
    const known = this.matches.get(uri) ?? new Set();
    for (const digest of digests) known.add(digest);
    this.matches.set(uri, known);
  }
}

interface Arrived {
  readonly directive: Arrival;
  readonly offset: number;
  /** Of a write in the clear; absent = not known. */
  readonly contents?: readonly Uint8Array[];
}

/** What is set for a component, and where: one value, or one for each way that the commands may have gone. */
export class ComponentState {
  readonly index: number;
  readonly holds: "image" | "dependency";
  /** Bytes that came and were not compared since. */
  arrived: Arrived | undefined;
  integrity: "checked" | "unchecked" = "unchecked";
  image: "installed" | "replaced" = "installed";
  /** Where the bytes may have come from. */
  uris: readonly string[] = [];
  #settings = new Map<ParameterName, readonly Setting<ParameterName>[]>();

  constructor(index: number, holds: "image" | "dependency") {
    this.index = index;
    this.holds = holds;
  }

  has(name: ParameterName): boolean {
    return this.#settings.has(name);
  }

  settings<Name extends ParameterName>(name: Name): readonly Setting<Name>[] {
    return (this.#settings.get(name) ?? []) as unknown as readonly Setting<Name>[];
  }

  set(parameters: Parameters, offset: number, command: "override-parameters" | "set-parameters"): void {
    for (const [key, value] of Object.entries(parameters)) {
      const name = key as ParameterName;
      if (command === "set-parameters" && this.has(name)) continue;
      this.#settings.set(name, [{ value, offset }]);
    }
  }

  arrive(directive: Arrival, offset: number): void {
    const inClear = directive === "write" && !this.has("encryptionInfo");
    const contents = inClear ? this.settings("content").map(({ value }) => value) : [];
    this.arrived = { directive, offset, ...(contents.length > 0 && { contents }) };
    this.image = "replaced";
    this.uris = directive === "fetch" ? this.settings("uri").map(({ value }) => value) : [];
  }

  match(): void {
    this.arrived = undefined;
  }

  copy(): ComponentState {
    const copy = new ComponentState(this.index, this.holds);
    copy.arrived = this.arrived;
    copy.integrity = this.integrity;
    copy.image = this.image;
    copy.uris = this.uris;
    copy.#settings = new Map(this.#settings);
    return copy;
  }

  /** After a fork: what any branch set is set, what any branch left unchecked is unchecked. */
  join(branches: readonly ComponentState[]): void {
    if (branches.length === 0) return;
    const names = new Set(branches.flatMap((branch) => [...branch.#settings.keys()]));
    for (const name of names) {
      // Most ways share their lists: told apart first, or thousands of ways would multiply.
      const lists = new Set(branches.map((branch) => branch.#settings.get(name) ?? []));
      this.#settings.set(name, [...new Set([...lists].flat())]);
    }
    const [first, ...others] = new Set(branches.flatMap(({ arrived }) => arrived ?? []));
    this.arrived = first && others.length > 0 ? { directive: first.directive, offset: first.offset } : first;
    this.integrity = branches.every(({ integrity }) => integrity === "checked") ? "checked" : "unchecked";
    if (branches.some(({ image }) => image === "replaced")) this.image = "replaced";
    this.uris = [...new Set(branches.flatMap(({ uris }) => uris))];
  }
}
