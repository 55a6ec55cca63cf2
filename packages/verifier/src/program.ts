import {
  type CommandSequence,
  type ComponentId,
  componentIndices,
  componentKey,
  type Dependency,
  type Envelope,
  type Manifest,
  type ResolvedMembers,
} from "@sumac/suit";
import type { Recipient, RecipientComponent } from "./recipient.ts";
import { type Sections, sectionsOf } from "./sections.ts";

/** What is run of a manifest. */
export interface Program {
  /** As the device knows them: of a dependency, with its prefix in front. */
  readonly components: readonly ComponentId[];
  readonly dependencies: readonly Dependency[];
  /** Where the dependencies are listed. */
  readonly dependenciesOffset: number;
  readonly shared: CommandSequence | undefined;
  readonly sections: Sections;
  /** URIs whose bytes lie in the envelope. */
  readonly integrated: ReadonlySet<string>;
}

export interface ProgramSource {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly members: ResolvedMembers;
}

export const programOf = ({ envelope, manifest, members }: ProgramSource, prefix: ComponentId = []): Program => ({
  components: manifest.components.map((id) => [...prefix, ...id]),
  dependencies: manifest.dependencies ?? [],
  dependenciesOffset: manifest.layout.find(({ name }) => name === "dependencies")?.offset ?? 0,
  shared: manifest.shared,
  sections: sectionsOf(manifest, members),
  integrated: new Set(envelope.integratedPayloads.keys()),
});

/** What an index of a manifest points at. */
export interface Target {
  readonly index: number;
  readonly id: ComponentId;
  /** Equal for the same component of the device, whichever manifest names it. */
  readonly key: string;
  readonly dependency: Dependency | undefined;
  /** Undefined when the recipient stands for no device in particular. */
  readonly known: RecipientComponent | undefined;
}

/** A program that can run: the one that was given, or that of a dependency under its index. */
export interface Frame {
  readonly program: Program;
  readonly targets: ReadonlyMap<number, Target>;
  readonly dependency: number | undefined;
}

/** Worked out once a manifest: thousands of commands may run over long identifiers. */
export function frameOf(program: Program, recipient: Recipient, dependency?: number): Frame {
  const own = recipient.components === "any" ? [] : recipient.components;
  const known = new Map(own.map((component) => [componentKey(component.id), component]));
  const targets = componentIndices(program).map((index): [number, Target] => {
    const id = program.components[index];
    // An index beyond the list names no place on the device; no component key has a space in it.
    const key = id === undefined ? `dependency ${index}` : componentKey(id);
    const declared = program.dependencies.find((one) => one.index === index);
    return [index, { index, id: id ?? [], key, dependency: declared, known: known.get(key) }];
  });
  return { program, targets: new Map(targets), dependency };
}
