import {
  type Command,
  type CommandSequence,
  type ComponentIndex,
  componentIndices,
  type Manifest,
  type Parameters,
} from "@sumac/suit";
import { finding } from "./finding.ts";
import { ComponentState, type Journal, type ParameterName } from "./lint-journal.ts";
import { procedures, type SectionName, type Sections } from "./walk-manifest.ts";

/** Without its parameter a condition or directive fails on every device (suit.md 5, rules 4 and 9). */
const neededParameter: ReadonlyMap<string, ParameterName> = new Map([
  ["vendor-identifier", "vendorIdentifier"],
  ["class-identifier", "classIdentifier"],
  ["device-identifier", "deviceIdentifier"],
  ["image-match", "imageDigest"],
  ["image-not-match", "imageDigest"],
  ["dependency-integrity", "imageDigest"],
  ["use-before", "useBefore"],
  ["component-slot", "componentSlot"],
  ["check-content", "content"],
  ["version", "version"],
  ["write", "content"],
  ["fetch", "uri"],
  ["copy", "sourceComponent"],
  ["swap", "sourceComponent"],
]);

type States = ReadonlyMap<number, ComponentState>;

/**
 * Follows the commands of an update, of an invocation and of an uninstall as a device would, with every condition taken
 * to hold, and writes down what it sees. Where the way forks (try-each), what any branch sets counts as set, so that a
 * doubt raises no alarm.
 */
export function followCommands(manifest: Manifest, sections: Sections, journal: Journal): void {
  const shared = sections.get("shared");
  for (const procedure of procedures) {
    const states: States = new Map(
      componentIndices(manifest).map((index) => {
        const isDependency = manifest.dependencies?.some((one) => one.index === index) ?? false;
        return [index, new ComponentState(index, isDependency ? "dependency" : "image")];
      }),
    );
    for (const section of procedure) {
      const sequence = sections.get(section);
      if (sequence === undefined) continue;
      if (shared !== undefined) new Walk(states, "shared", journal).run(shared);
      new Walk(states, section, journal).run(sequence);
    }
    for (const { index, arrived } of states.values()) {
      if (arrived === undefined) continue;
      journal.add(finding(arrived.offset, { code: "image-match-missing", directive: arrived.directive, index }));
    }
  }
}

type Step = Exclude<Command, { readonly kind: "set-component-index" }>;

class Walk {
  readonly #states: States;
  readonly #section: SectionName;
  readonly #journal: Journal;
  #index: readonly number[];

  constructor(states: States, section: SectionName, journal: Journal, index: readonly number[] = [0]) {
    this.#states = states;
    this.#section = section;
    this.#journal = journal;
    this.#index = index;
  }

  run(sequence: CommandSequence): void {
    for (const command of sequence.commands) {
      if (command.kind === "set-component-index") this.#index = this.#select(command.index);
      else this.#step(command);
    }
  }

  #select(index: ComponentIndex): readonly number[] {
    if (index === "all") return [...this.#states.keys()];
    return typeof index === "number" ? [index] : index;
  }

  #step(command: Step): void {
    const components = this.#index.flatMap((index) => this.#states.get(index) ?? []);
    switch (command.kind) {
      case "override-parameters":
      case "set-parameters":
        this.#lintIdentifiers(command.parameters, command.offset);
        for (const component of components) this.#set(component, command);
        return;
      case "condition":
        for (const component of components) {
          this.#need(component, command.condition, command.offset);
          this.#judge(component, command.condition);
        }
        return;
      case "directive":
        for (const component of components) {
          this.#need(component, command.directive, command.offset);
          this.#carryOut(component, command.directive, command.offset);
        }
        return;
      case "run-sequence":
        this.#inside(this.#states).run(command.sequence);
        return;
      case "try-each":
        this.#fork(command.sequences);
        return;
    }
  }

  #inside(states: States): Walk {
    return new Walk(states, this.#section, this.#journal, this.#index);
  }

  #fork(sequences: readonly CommandSequence[]): void {
    const branches = sequences.map((sequence) => {
      const copies = new Map([...this.#states].map(([index, state]) => [index, state.copy()]));
      this.#inside(copies).run(sequence);
      return copies;
    });
    for (const [index, state] of this.#states) state.join(branches.flatMap((branch) => branch.get(index) ?? []));
  }

  #set(component: ComponentState, command: Extract<Step, { readonly parameters: Parameters }>): void {
    const { kind, parameters, offset } = command;
    component.set(parameters, offset, kind);
    const { index } = component;
    if (parameters.imageSize !== undefined) {
      this.#journal.sizes.push({ index, size: parameters.imageSize, offset });
    }
    if (parameters.imageDigest !== undefined) this.#journal.digests.push({ index, value: parameters.imageDigest });
  }

  #need(component: ComponentState, command: string, offset: number): void {
    const parameter = neededParameter.get(command);
    if (parameter === undefined || component.has(parameter)) return;
    const { index } = component;
    this.#journal.add(finding(offset, { code: "parameter-missing", command, parameter, index }));
  }

  #judge(component: ComponentState, condition: string): void {
    if (condition === "dependency-integrity") component.integrity = "checked";
    if (condition === "version" && component.image === "replaced") {
      for (const { value } of component.settings("version")) {
        this.#journal.versions.push({ index: component.index, value });
      }
    }
    if (condition !== "image-match" && condition !== "dependency-integrity") return;
    const digests = component.settings("imageDigest");
    const values = digests.map(({ value }) => value);
    for (const uri of component.uris) this.#journal.match(uri, values);
    component.match();
    // A dependency has no size of its own: what is matched is its manifest, not its file.
    if (component.holds === "dependency" || component.has("imageSize")) return;
    for (const { offset } of digests) {
      this.#journal.add(finding(offset, { code: "image-size-missing", index: component.index }));
    }
  }

  #carryOut(component: ComponentState, directive: string, offset: number): void {
    const { index } = component;
    if (directive === "process-dependency") {
      this.#journal.processed.push({ index, section: this.#section });
      if (component.integrity === "checked") return;
      this.#journal.add(finding(offset, { code: "dependency-integrity-missing", index }));
    }
    if (directive === "fetch") {
      const digests = component.settings("imageDigest").map(({ value }) => value);
      for (const uri of component.settings("uri")) {
        this.#journal.fetches.push({ index, uri: uri.value, offset: uri.offset, digests });
      }
    }
    if (directive === "fetch" || directive === "copy" || directive === "write") component.arrive(directive, offset);
  }

  /** draft-37: UUIDs of version 3, 4 or 5. A private enterprise number has another length. */
  #lintIdentifiers(parameters: Parameters, offset: number): void {
    for (const parameter of ["vendorIdentifier", "classIdentifier", "deviceIdentifier"] as const) {
      const uuid = parameters[parameter];
      if (uuid?.length !== 16) continue;
      const version = (uuid[6] ?? 0) >> 4;
      if (version < 3 || version > 5) {
        this.#journal.add(finding(offset, { code: "uuid-version", parameter, version }));
      }
    }
  }
}
