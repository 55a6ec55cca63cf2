import type { Command, CommandSequence, Manifest, ResolvedMembers, SuitDigest } from "@sumac/suit";

export type SectionName =
  | "shared"
  | "dependency-resolution"
  | "payload-fetch"
  | "candidate-verification"
  | "install"
  | "validate"
  | "load"
  | "invoke"
  | "uninstall";

/** What a device runs in one go, with the shared sequence before each (suit.md 5, rule 1). */
export const procedures: readonly (readonly SectionName[])[] = [
  ["dependency-resolution", "payload-fetch", "candidate-verification", "install", "validate"],
  ["validate", "load", "invoke"],
  ["uninstall"],
];

export type Sections = ReadonlyMap<SectionName, CommandSequence>;

/** The sequences of a manifest in the order a device meets them, severed ones where they came along. */
export function sectionsOf(manifest: Manifest, members: ResolvedMembers): Sections {
  const sections: readonly (readonly [SectionName, CommandSequence | undefined])[] = [
    ["shared", manifest.shared],
    ["dependency-resolution", members.dependencyResolution],
    ["payload-fetch", members.payloadFetch],
    ["candidate-verification", members.candidateVerification],
    ["install", members.install],
    ["validate", manifest.validate],
    ["load", manifest.load],
    ["invoke", manifest.invoke],
    ["uninstall", manifest.uninstall],
  ];
  return new Map(sections.flatMap(([name, sequence]) => (sequence === undefined ? [] : [[name, sequence] as const])));
}

/** A sequence and those nested in it. */
export function* everySequence(sequence: CommandSequence): Generator<CommandSequence> {
  yield sequence;
  for (const command of sequence.commands) {
    if (command.kind === "run-sequence") yield* everySequence(command.sequence);
    if (command.kind === "try-each") for (const entry of command.sequences) yield* everySequence(entry);
  }
}

/** Every command of the manifest, nested ones behind the sequence that they stand in. */
export function* everyCommand(sections: Sections): Generator<Command> {
  for (const section of sections.values()) {
    for (const { commands } of everySequence(section)) yield* commands;
  }
}

/** The digests that the manifest may match an image against. */
export function imageDigests(sections: Sections): readonly SuitDigest[] {
  const digests: SuitDigest[] = [];
  for (const command of everyCommand(sections)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    if (command.parameters.imageDigest !== undefined) digests.push(command.parameters.imageDigest);
  }
  return digests;
}
