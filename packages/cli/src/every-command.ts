import type { Command, CommandSequence } from "@sumac/suit";

/** Every command of a sequence, nested ones too, in the order they stand. */
export function* everyCommand(sequence: CommandSequence | undefined): Generator<Command> {
  for (const command of sequence?.commands ?? []) {
    yield command;
    if (command.kind === "run-sequence") yield* everyCommand(command.sequence);
    if (command.kind === "try-each") for (const tried of command.sequences) yield* everyCommand(tried);
  }
}
