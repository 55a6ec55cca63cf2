import { bytesToHex } from "@sumac/crypto";
import type { Command, CommandSequence, ComponentIndex, Manifest, Parameters, ResolvedMembers } from "@sumac/suit";
import type { Finding, FindingFacts, Severity } from "./finding.ts";
import { type SectionName, sectionsOf } from "./walk-manifest.ts";

type ParameterName = keyof Parameters;

/** Without its parameter a condition or directive fails on every device (suit.md 5, rules 4 and 9). */
const neededParameter: ReadonlyMap<string, ParameterName> = new Map([
  ["vendor-identifier", "vendorIdentifier"],
  ["class-identifier", "classIdentifier"],
  ["device-identifier", "deviceIdentifier"],
  ["image-match", "imageDigest"],
  ["use-before", "useBefore"],
  ["component-slot", "componentSlot"],
  ["check-content", "content"],
  ["write", "content"],
  ["fetch", "uri"],
  ["copy", "sourceComponent"],
  ["swap", "sourceComponent"],
]);

interface Setting {
  readonly value: Parameters[ParameterName];
  readonly offset: number;
}

/** What is set for a component, and where: one value, or one for each way that the commands may have gone. */
interface ComponentState {
  readonly parameters: Map<ParameterName, readonly Setting[]>;
  /** Bytes that arrived and were not matched since. */
  unmatched: { readonly directive: "fetch" | "copy" | "write"; readonly offset: number } | undefined;
}

type State = readonly ComponentState[];

/**
 * Follows the commands of an update and of an invocation as a device would, with every condition taken to hold. Where
 * the way forks (try-each), what any branch sets counts as set, so that a doubt raises no alarm.
 */
export function lintCommands(manifest: Manifest, members: ResolvedMembers): readonly Finding[] {
  const sections = sectionsOf(manifest, members);
  const report = new Report();
  const run = (names: readonly SectionName[]): State => {
    const state: State = manifest.components.map(() => ({ parameters: new Map(), unmatched: undefined }));
    for (const name of names) {
      const section = sections.find((candidate) => candidate.name === name);
      if (section === undefined) continue;
      if (manifest.shared !== undefined) new Walk(state, report).run(manifest.shared);
      new Walk(state, report).run(section.sequence);
    }
    return state;
  };
  for (const { unmatched } of run(["payload-fetch", "install", "validate"])) {
    if (unmatched === undefined) continue;
    report.add("error", unmatched.offset, { code: "image-match-missing", directive: unmatched.directive });
  }
  run(["validate", "load", "invoke"]);
  return report.findings;
}

/** Sequences are followed more than once (shared before each of the others): one finding a place is enough. */
class Report {
  readonly findings: Finding[] = [];
  readonly #seen = new Set<string>();

  add(severity: Severity, offset: number, facts: FindingFacts): void {
    const key = `${offset} ${JSON.stringify(facts)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.findings.push({ severity, offset, ...facts });
  }
}

class Walk {
  readonly #state: State;
  readonly #report: Report;
  #index: readonly number[];

  constructor(state: State, report: Report, index: readonly number[] = [0]) {
    this.#state = state;
    this.#report = report;
    this.#index = index;
  }

  run(sequence: CommandSequence): void {
    for (const command of sequence.commands) {
      if (command.kind === "set-component-index") this.#index = this.#select(command.index);
      else this.#step(command);
    }
  }

  #select(index: ComponentIndex): readonly number[] {
    if (index === "all") return this.#state.map((_, i) => i);
    return typeof index === "number" ? [index] : index;
  }

  #step(command: Exclude<Command, { kind: "set-component-index" }>): void {
    const components = this.#index.flatMap((index) => this.#state[index] ?? []);
    switch (command.kind) {
      case "override-parameters":
        this.#lintIdentifiers(command.parameters, command.offset);
        for (const { parameters } of components) {
          for (const [name, value] of Object.entries(command.parameters)) {
            parameters.set(name as ParameterName, [{ value, offset: command.offset }]);
          }
        }
        return;
      case "condition":
        for (const component of components) {
          this.#need(component, command.condition, command.offset);
          if (command.condition !== "image-match") continue;
          component.unmatched = undefined;
          this.#lintDigest(component);
        }
        return;
      case "directive":
        for (const component of components) {
          this.#need(component, command.directive, command.offset);
          if (command.directive === "fetch") this.#lintUri(component);
          if (command.directive === "fetch" || command.directive === "copy" || command.directive === "write") {
            component.unmatched = { directive: command.directive, offset: command.offset };
          }
        }
        return;
      case "run-sequence":
        new Walk(this.#state, this.#report, this.#index).run(command.sequence);
        return;
      case "try-each":
        this.#fork(command.sequences);
        return;
    }
  }

  #fork(sequences: readonly CommandSequence[]): void {
    const branches = sequences.map((sequence) => {
      const copy = this.#state.map((component) => ({ ...component, parameters: new Map(component.parameters) }));
      new Walk(copy, this.#report, this.#index).run(sequence);
      return copy;
    });
    for (const [index, component] of this.#state.entries()) {
      const ends = branches.flatMap((branch) => branch[index] ?? []);
      const names = new Set(ends.flatMap(({ parameters }) => [...parameters.keys()]));
      for (const name of names) {
        const settings = ends.flatMap(({ parameters }) => parameters.get(name) ?? []);
        component.parameters.set(name, [...new Set(settings)]);
      }
      component.unmatched = ends.find(({ unmatched }) => unmatched !== undefined)?.unmatched;
    }
  }

  #need(component: ComponentState, command: string, offset: number): void {
    const parameter = neededParameter.get(command);
    if (parameter === undefined || component.parameters.has(parameter)) return;
    this.#report.add("error", offset, { code: "parameter-missing", command, parameter });
  }

  /** An image of unknown size can be followed by anything that fits the slot (REQ.SEC.IMG.COMPLETE_DIGEST). */
  #lintDigest({ parameters }: ComponentState): void {
    if (parameters.has("imageSize")) return;
    for (const { offset } of parameters.get("imageDigest") ?? []) {
      this.#report.add("warning", offset, { code: "image-size-missing" });
    }
  }

  /** A name that says which bytes it means can be cached for ever, and re-uploading cannot break a release. */
  #lintUri({ parameters }: ComponentState): void {
    const digests = (parameters.get("imageDigest") ?? []).map(({ value }) => value as Parameters["imageDigest"]);
    const hex = digests.flatMap((digest) => (digest === undefined ? [] : bytesToHex(digest.bytes)));
    if (hex.length === 0) return;
    for (const { value, offset } of parameters.get("uri") ?? []) {
      if (typeof value !== "string" || value.startsWith("#")) continue;
      if (hex.some((digest) => value.toLowerCase().includes(digest))) continue;
      this.#report.add("notice", offset, { code: "uri-not-immutable", uri: value });
    }
  }

  /** draft-37: UUIDs of version 3, 4 or 5. A private enterprise number has another length. */
  #lintIdentifiers(parameters: Parameters, offset: number): void {
    for (const parameter of ["vendorIdentifier", "classIdentifier", "deviceIdentifier"] as const) {
      const uuid = parameters[parameter];
      if (uuid?.length !== 16) continue;
      const version = (uuid[6] ?? 0) >> 4;
      if (version < 3 || version > 5) this.#report.add("warning", offset, { code: "uuid-version", parameter, version });
    }
  }
}
