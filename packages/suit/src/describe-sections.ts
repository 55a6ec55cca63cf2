import { sequenceLines } from "./describe-commands.ts";
import type { DescribedLine } from "./described-line.ts";
import type { CommandSequence, Manifest, Severable } from "./manifest.ts";
import type { ResolvedMembers } from "./resolve-severable.ts";

/** One command sequence of a manifest in plain words. */
export interface DescribedSection {
  /** The manifest member it stands in. */
  readonly name: string;
  /** When a device runs it: `to install`. */
  readonly title: string;
  readonly sequence: CommandSequence;
  readonly lines: readonly DescribedLine[];
}

/**
 * The command sequences in the order in which a device meets them. `members` are the severed ones as `resolveSeverable`
 * gives them; a sequence that is not at hand is left out.
 */
export function describeSections(manifest: Manifest, members: ResolvedMembers = {}): readonly DescribedSection[] {
  const inline = (held: Severable<CommandSequence> | undefined): CommandSequence | undefined =>
    held?.at === "inline" ? held.value : undefined;
  const sequences: readonly (readonly [name: string, title: string, sequence: CommandSequence | undefined])[] = [
    ["shared-sequence", "before each of the steps below", manifest.shared],
    [
      "dependency-resolution",
      "to resolve dependencies",
      inline(manifest.dependencyResolution) ?? members.dependencyResolution,
    ],
    ["payload-fetch", "to fetch payloads", inline(manifest.payloadFetch) ?? members.payloadFetch],
    [
      "candidate-verification",
      "to verify what was fetched",
      inline(manifest.candidateVerification) ?? members.candidateVerification,
    ],
    ["install", "to install", inline(manifest.install) ?? members.install],
    ["validate", "to validate, after the installation and at each start", manifest.validate],
    ["load", "to load, at each start", manifest.load],
    ["invoke", "to start", manifest.invoke],
    ["uninstall", "to uninstall", manifest.uninstall],
  ];
  return sequences.flatMap(([name, title, sequence]) =>
    sequence === undefined ? [] : [{ name, title, sequence, lines: sequenceLines(sequence, manifest) }],
  );
}
