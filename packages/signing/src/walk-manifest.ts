import type { Command, CommandSequence, Manifest, ResolvedMembers, SuitDigest } from "@sumac/suit";

export type SectionName = "shared" | "payload-fetch" | "install" | "validate" | "load" | "invoke";

export interface Section {
  readonly name: SectionName;
  readonly sequence: CommandSequence;
}

/** The sequences of a manifest in the order a device meets them, severed ones where they came along. */
export function sectionsOf(manifest: Manifest, members: ResolvedMembers): readonly Section[] {
  const sections: readonly (readonly [SectionName, CommandSequence | undefined])[] = [
    ["shared", manifest.shared],
    ["payload-fetch", members.payloadFetch],
    ["install", members.install],
    ["validate", manifest.validate],
    ["load", manifest.load],
    ["invoke", manifest.invoke],
  ];
  return sections.flatMap(([name, sequence]) => (sequence === undefined ? [] : [{ name, sequence }]));
}

/** Every command, nested ones too, in the order they stand. */
function* everyCommand(sequence: CommandSequence): Generator<Command> {
  for (const command of sequence.commands) {
    yield command;
    if (command.kind === "run-sequence") yield* everyCommand(command.sequence);
    if (command.kind === "try-each") for (const entry of command.sequences) yield* everyCommand(entry);
  }
}

/** The digests that the manifest may match an image against. */
export function imageDigests(manifest: Manifest, members: ResolvedMembers): readonly SuitDigest[] {
  const digests: SuitDigest[] = [];
  for (const { sequence } of sectionsOf(manifest, members)) {
    for (const command of everyCommand(sequence)) {
      if (command.kind === "override-parameters" && command.parameters.imageDigest !== undefined) {
        digests.push(command.parameters.imageDigest);
      }
    }
  }
  return digests;
}
