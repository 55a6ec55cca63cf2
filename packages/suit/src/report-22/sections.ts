import type { Command } from "../command.ts";
import { everyCommand } from "../every-command.ts";
import type { CommandSequence, Manifest } from "../manifest.ts";
import { type ResolvedMembers, severableSequences } from "../resolve-severable.ts";
import type { ReportSection } from "./report.ts";

/** The sequences of a manifest that records can point into; a severed one only if it came along. */
export function reportSections(
  manifest: Manifest,
  members: ResolvedMembers,
): ReadonlyMap<ReportSection, CommandSequence> {
  const { shared, validate, load, invoke } = manifest;
  const severable = severableSequences.map(([section, name]) => [section, members[name]] as const);
  const all = [["common", shared], ["validate", validate], ["load", load], ["invoke", invoke], ...severable] as const;
  return new Map(all.flatMap(([section, sequence]) => (sequence === undefined ? [] : [[section, sequence]])));
}

/** The command at an offset of a section (`CommandRecord.offset`), in nested sequences too. */
export function commandAt(section: CommandSequence, offset: number): Command | undefined {
  return findCommand(section, section.offset + offset);
}

function findCommand(sequence: CommandSequence, offset: number): Command | undefined {
  for (const command of everyCommand(sequence)) if (command.offset === offset) return command;
  return undefined;
}

/**
 * Where a command stands, for a record: `offset` is that of `Command.offset` and of refusals, from the start of the
 * outermost file. Undefined for an offset outside every section, as that of a malformed manifest may be.
 */
export function locateCommand(
  sections: ReadonlyMap<ReportSection, CommandSequence>,
  offset: number,
): { readonly section: ReportSection; readonly offset: number } | undefined {
  for (const [section, sequence] of sections) {
    if (findCommand(sequence, offset) !== undefined) return { section, offset: offset - sequence.offset };
  }
  return undefined;
}
