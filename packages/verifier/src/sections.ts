import {
  type CommandSequence,
  type Manifest,
  type ResolvedMembers,
  type SeverableName,
  severableSequences,
} from "@sumac/suit";

/** The command sequences of a manifest by their names; the shared sequence runs before each of them. */
export type Section = (typeof severableSequences)[number][0] | "validate" | "load" | "invoke";

/** suit.md 5, rule 1, with the sequences of trust-domains where they belong. */
export const updateSections: readonly Section[] = [...severableSequences.map(([section]) => section), "validate"];
export const invocationSections: readonly Section[] = ["validate", "load", "invoke"];

export type Sections = Readonly<Partial<Record<Section, CommandSequence | undefined>>>;

export function sectionsOf(manifest: Manifest, members: ResolvedMembers): Sections {
  const { validate, load, invoke } = manifest;
  const sections: Partial<Record<Section, CommandSequence | undefined>> = { validate, load, invoke };
  for (const [section, name] of severableSequences) sections[section] = members[name];
  return sections;
}

/** A section that the manifest has, and that was severed and left behind. */
export function absentSection(manifest: Manifest, members: ResolvedMembers): SeverableName | undefined {
  return severableSequences.find(([, name]) => manifest[name] !== undefined && members[name] === undefined)?.[0];
}
