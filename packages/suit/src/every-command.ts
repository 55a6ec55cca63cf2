import type { Command } from "./command.ts";
import type { CommandSequence } from "./manifest.ts";

/** The sequences that stand in a command: those of try-each and run-sequence. */
function nestedSequences(command: Command): readonly CommandSequence[] {
  if (command.kind === "try-each") return command.sequences;
  return command.kind === "run-sequence" ? [command.sequence] : [];
}

/** A sequence and those nested in it, outer ones first. */
export function* everySequence(sequence: CommandSequence): Generator<CommandSequence> {
  yield sequence;
  for (const command of sequence.commands) {
    for (const nested of nestedSequences(command)) yield* everySequence(nested);
  }
}

/** Every command of a sequence, nested ones too, in the order they stand. Absent = none. */
export function* everyCommand(sequence: CommandSequence | undefined): Generator<Command> {
  for (const command of sequence?.commands ?? []) {
    yield command;
    for (const nested of nestedSequences(command)) yield* everyCommand(nested);
  }
}
