import {
  type Command,
  type CommandSequence,
  type ComponentIndex,
  componentIndices,
  everyCommand,
  type Manifest,
  type Parameters,
  parameterName,
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

const copyOf = (states: States): States => new Map([...states].map(([index, state]) => [index, state.copy()]));

/**
 * Follows the commands of an update, of an invocation and of an uninstall as a device would, with every condition taken
 * to hold, and writes down what it sees. Where the way forks (try-each, and a run-sequence that a failed condition only
 * ends), what any branch sets counts as set, so that a doubt raises no alarm.
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
      if (shared !== undefined) runWhole(new Walk(states, "shared", journal), shared, "shared", journal);
      runWhole(new Walk(states, section, journal), sequence, section, journal);
    }
    for (const { index, arrived } of states.values()) {
      if (arrived === undefined) continue;
      journal.add(finding(arrived.offset, { code: "image-match-missing", directive: arrived.directive, index }));
    }
  }
}

function runWhole(walk: Walk, sequence: CommandSequence, section: SectionName, journal: Journal): void {
  walk.run(sequence);
  if (walk.stoppedAt !== undefined) journal.add(finding(walk.stoppedAt, { code: "sequence-aborts", section }));
}

type Step = Exclude<Command, { readonly kind: "set-component-index" }>;

class Walk {
  readonly #states: States;
  readonly #section: SectionName;
  readonly #journal: Journal;
  #index: readonly number[];
  /** Of the abort that ends this way on every device; what stands behind it is followed all the same. */
  stoppedAt: number | undefined;
  /** What holds where a condition ended a run-sequence early. */
  readonly #escapes: States[] = [];
  #softFailure = false;

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
        if (command.kind === "override-parameters") {
          this.#softFailure = command.parameters.softFailure ?? this.#softFailure;
        }
        this.#lintIdentifiers(command.parameters, command.offset);
        for (const component of components) this.#set(component, command);
        return;
      case "condition":
        for (const component of components) {
          this.#need(component, command.condition, command.offset);
          this.#judge(component, command.condition);
        }
        this.#mayEnd(command.condition, command.offset);
        return;
      case "directive":
        for (const component of components) {
          this.#need(component, command.directive, command.offset);
          this.#carryOut(component, command.directive, command.offset);
        }
        return;
      case "run-sequence":
        this.#runInside(command.sequence);
        return;
      case "try-each":
        this.#fork(command);
        return;
    }
  }

  #inside(states: States): Walk {
    return new Walk(states, this.#section, this.#journal, this.#index);
  }

  /** A verifier plans as if each image-match held, so that of an image alone no way is ended early. */
  #mayEnd(condition: string, offset: number): void {
    if (condition === "abort") this.stoppedAt ??= offset;
    else if (condition === "image-match" || condition === "dependency-integrity" || this.stoppedAt !== undefined)
      return;
    if (this.#softFailure) this.#escapes.push(copyOf(this.#states));
  }

  #runInside(sequence: CommandSequence): void {
    const copies = copyOf(this.#states);
    const inner = this.#inside(copies);
    inner.run(sequence);
    if (inner.stoppedAt !== undefined && inner.#escapes.length === 0) this.stoppedAt ??= inner.stoppedAt;
    this.#join(
      inner.stoppedAt === undefined || inner.#escapes.length === 0 ? [copies, ...inner.#escapes] : inner.#escapes,
    );
  }

  #fork({ sequences, orNil, offset }: Extract<Step, { readonly kind: "try-each" }>): void {
    const ways = sequences.map((sequence) => {
      const copies = copyOf(this.#states);
      const branch = this.#inside(copies);
      branch.run(sequence);
      return { copies, stoppedAt: branch.stoppedAt };
    });
    const open = ways.filter(({ stoppedAt }) => stoppedAt === undefined);
    const mayAllFail = sequences.every(mayFail);
    if (mayAllFail && this.#softFailure && !orNil) this.#escapes.push(copyOf(this.#states));
    if (open.length === 0 && !orNil) this.stoppedAt ??= ways.at(-1)?.stoppedAt ?? offset;
    const joined = (open.length === 0 ? ways : open).map(({ copies }) => copies);
    this.#join(mayAllFail && orNil ? [...joined, copyOf(this.#states)] : joined);
  }

  #join(ways: readonly States[]): void {
    for (const [index, state] of this.#states) state.join(ways.flatMap((way) => way.get(index) ?? []));
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
    const missing = { code: "parameter-missing", command, parameter: parameterName[parameter], index } as const;
    this.#journal.add(finding(offset, missing));
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
    const { index, arrived } = component;
    if (arrived?.contents !== undefined && values.length > 0) {
      const sizes = component.settings("imageSize").map(({ value }) => value);
      this.#journal.contents.push({
        index,
        offset: arrived.offset,
        contents: arrived.contents,
        digests: values,
        sizes,
      });
    }
    component.match();
    // A dependency has no size of its own: what is matched is its manifest, not its file.
    if (component.holds === "dependency" || component.has("imageSize")) return;
    for (const { offset } of digests) {
      this.#journal.add(finding(offset, { code: "image-size-missing", index }));
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
    if (directive === "invoke") for (const state of this.#states.values()) this.#lintUnmatched(state);
    if (directive === "copy" || directive === "swap") this.#lintSource(component, directive, offset);
    if (directive === "fetch" || directive === "copy" || directive === "write" || directive === "swap") {
      this.#lintUnmatched(component);
      component.arrive(directive, offset);
    }
  }

  /** Before an image is started, or other bytes replace it: afterwards nobody can tell any more what it was. */
  #lintUnmatched({ index, arrived }: ComponentState): void {
    if (arrived === undefined) return;
    this.#journal.add(finding(arrived.offset, { code: "image-match-missing", directive: arrived.directive, index }));
  }

  #lintSource(component: ComponentState, directive: "copy" | "swap", offset: number): void {
    const { index } = component;
    const sources = component.settings("sourceComponent").map(({ value }) => value);
    const isUsable = (source: number): boolean => source !== index && this.#states.get(source)?.holds === "image";
    const [source] = sources;
    if (source === undefined || sources.some(isUsable)) return;
    this.#journal.add(finding(offset, { code: "source-component-invalid", directive, index, source }));
  }

  /** draft-37: UUIDs of version 3, 4 or 5. A private enterprise number has another length. */
  #lintIdentifiers(parameters: Parameters, offset: number): void {
    for (const key of ["vendorIdentifier", "classIdentifier", "deviceIdentifier"] as const) {
      const uuid = parameters[key];
      if (uuid?.length !== 16) continue;
      const version = (uuid[6] ?? 0) >> 4;
      if (version < 3 || version > 5) {
        this.#journal.add(finding(offset, { code: "uuid-version", parameter: parameterName[key], version }));
      }
    }
  }
}

/** By another condition than image-match, which a verifier plans to hold. */
const mayFail = (sequence: CommandSequence): boolean =>
  [...everyCommand(sequence)].some(
    (command) =>
      command.kind === "condition" &&
      command.condition !== "image-match" &&
      command.condition !== "dependency-integrity",
  );
