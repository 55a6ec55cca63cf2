import { CommanderError, Option as CommanderOption, Command as Parser } from "commander";
import { type Arguments, CollectedArguments, type Command, type Option } from "./command.ts";
import type { CommandEntry } from "./command-index.ts";
import { type Failure, usage } from "./failure.ts";

/** What the parser library found: arguments, or a help page to print. */
export type Parsed = { readonly arguments: Arguments } | { readonly page: string };

const flags = (option: Option): string =>
  option.value === undefined ? `--${option.name}` : `--${option.name} <${option.value}>`;

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Reads one command's line; a mistake in it is thrown as a usage failure with a suggestion where there is one. */
export function parseWithCommander(command: Command, words: readonly string[]): Parsed {
  const parser = new Parser(`sumac ${command.name}`);
  const page = new Page();
  parser.exitOverride().allowExcessArguments(false).description(command.summary);
  parser.configureOutput({ writeOut: (text) => page.add(text), writeErr: () => undefined });
  for (const operand of command.operands) parser.argument(`<${operand.name}>`, operand.summary);
  const options = new Map<string, CommanderOption>();
  for (const option of [...command.options, { name: "json", summary: "print JSON to stdout" }]) {
    const known = new CommanderOption(flags(option), describe(option));
    if (option.value !== undefined) known.argParser(collect);
    options.set(option.name, known);
    parser.addOption(known);
  }
  parser.helpOption("-h, --help", "print this page");
  if (command.notes !== undefined) parser.addHelpText("after", ["", ...command.notes].join("\n"));
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.code === "commander.helpDisplayed") return { page: page.text };
    throw usageFailure(error, `sumac ${command.name}`);
  }
  const values = parser.opts<Record<string, readonly string[] | true>>();
  const given = new Map<string, readonly string[]>();
  for (const [name, option] of options) {
    const value = values[option.attributeName()];
    if (value !== undefined) given.set(name, value === true ? [""] : value);
  }
  // After the parser, not by it: it would call an option missing that is only mistyped.
  const missing = command.options.find((option) => option.use === "required" && !given.has(option.name));
  if (missing !== undefined) {
    throw usage(
      "missing-option",
      `--${missing.name} <${missing.value}> is missing`,
      `see \`sumac ${command.name} --help\``,
    );
  }
  const operands = new Map(command.operands.map((operand, index) => [operand.name, parser.args[index] as string]));
  return { arguments: new CollectedArguments(operands, given) };
}

const describe = (option: Option): string =>
  option.use === "repeatable" ? `${option.summary} (may be repeated)` : option.summary;

/** The page of a group of commands or, with no words, of all; a word that is no command is a usage failure. */
export function helpPage(entries: readonly CommandEntry[], words: readonly string[]): string {
  const page = new Page();
  const configure = (parser: Parser): Parser =>
    parser
      .exitOverride()
      .helpCommand(false)
      .helpOption("-h, --help", "print this page")
      .configureOutput({ writeOut: (text) => page.add(text), writeErr: (text) => page.add(text) });
  const program = configure(new Parser("sumac")).description(
    "Takes a firmware build from the vendor's desk to a confirmed boot on an industrial device.",
  );
  program.option("-V, --version", "print the version of sumac, of Node and of the SUIT draft");
  program.addHelpText("after", "\n`sumac help exit-codes` lists the exit codes; every command takes --json.");
  const groups = new Map<string, Parser>();
  for (const entry of entries) {
    const words = entry.name.split(" ");
    let parser = program;
    for (let depth = 1; depth < words.length; depth++) {
      const name = words.slice(0, depth).join(" ");
      const group =
        groups.get(name) ?? configure(parser.command(words[depth - 1] ?? "")).description(groupSummary(entries, name));
      groups.set(name, group);
      parser = group;
    }
    // `device log` is a command, and a group of others.
    if (!groups.has(entry.name)) configure(parser.command(words.at(-1) ?? "")).description(entry.summary);
  }
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.code === "commander.help") return page.text;
    throw usageFailure(error, commandOf(words, groups));
  }
  return program.helpInformation();
}

/** Where the mistake is: `sumac keys` for a wrong second word. */
function commandOf(words: readonly string[], groups: ReadonlyMap<string, Parser>): string {
  const known = [2, 1].map((depth) => words.slice(0, depth).join(" ")).find((name) => groups.has(name));
  return known === undefined ? "sumac" : `sumac ${known}`;
}

/** What the library prints, collected. */
class Page {
  text = "";

  add(part: string): void {
    this.text += part;
  }
}

const groupSummary = (entries: readonly CommandEntry[], group: string): string =>
  entries
    .filter((entry) => entry.name.startsWith(`${group} `))
    .map((entry) => entry.name.slice(group.length + 1))
    .join(", ");

/** The library's message `error: sentence\n(Did you mean x?)` as code, problem and remedy. */
function usageFailure(error: unknown, command: string): Failure {
  if (!(error instanceof CommanderError)) throw error;
  const [first = "", second = ""] = error.message.split("\n");
  // `--token=SECRET`: the value of an option that does not exist may be a secret.
  const problem = first
    .replace(/^error: /, "")
    .replace(/^(unknown option '[^'=]*)=.*$/s, "$1'")
    .replace(/\.$/, "");
  const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(second)?.[1];
  const remedy = meant === undefined ? `see \`${command} --help\`` : `did you mean ${meant}? see \`${command} --help\``;
  return usage(usageCodes[error.code] ?? "usage", problem.charAt(0).toLowerCase() + problem.slice(1), remedy);
}

const usageCodes: Readonly<Record<string, string>> = {
  "commander.unknownOption": "unknown-option",
  "commander.unknownCommand": "unknown-command",
  "commander.excessArguments": "excess-argument",
  "commander.missingArgument": "missing-argument",
  "commander.optionMissingArgument": "missing-value",
};
