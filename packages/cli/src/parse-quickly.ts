import { type Arguments, CollectedArguments, type Command } from "./command.ts";

/**
 * Reads a command line that is right in every respect, without loading the parser library (it costs a third of the
 * start-up time of `sumac verify`). Anything else, `--help` included, answers undefined: the library then says what is
 * wrong. Both readers give the same arguments for a line that both accept; a test compares them.
 */
export function parseQuickly(command: Command, words: readonly string[]): Arguments | undefined {
  const operands: string[] = [];
  const options = new Map<string, string[]>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "-" || !word.startsWith("-")) {
      operands.push(word);
      continue;
    }
    if (!word.startsWith("--")) return undefined;
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const option = name === "json" ? { name } : command.options.find((candidate) => candidate.name === name);
    if (option === undefined) return undefined;
    const attached = equals < 0 ? undefined : word.slice(equals + 1);
    if (!("value" in option)) {
      if (attached !== undefined) return undefined;
      options.set(name, [""]);
      continue;
    }
    const value = attached ?? words[++at];
    if (value === undefined) return undefined;
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  if (operands.length !== command.operands.length) return undefined;
  if (command.options.some((option) => option.use === "required" && !options.has(option.name))) return undefined;
  return new CollectedArguments(
    new Map(command.operands.map((operand, index) => [operand.name, operands[index] as string])),
    options,
  );
}
