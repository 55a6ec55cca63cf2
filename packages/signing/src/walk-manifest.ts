import {
  type Command,
  type CommandSequence,
  everyCommand,
  type Manifest,
  type ResolvedMembers,
  type SuitDigest,
} from "@sumac/suit";

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

/** Every command of the manifest, nested ones too. */
export function* commandsOf(sections: Sections): Generator<Command> {
  for (const section of sections.values()) yield* everyCommand(section);
}

/** The digests that the manifest may match an image against. */
export function imageDigests(sections: Sections): readonly SuitDigest[] {
  const digests: SuitDigest[] = [];
  for (const command of commandsOf(sections)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    if (command.parameters.imageDigest !== undefined) digests.push(command.parameters.imageDigest);
  }
  return digests;
}
