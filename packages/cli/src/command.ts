import type { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import type { Terminal } from "./terminal.ts";

/** One command, as data: the help page, the parser and the suggestions all come from it. */
export interface Command {
  /** The words that call it: `release build`. */
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly Operand[];
  /** Without --json and --help, which every command has. */
  readonly options: readonly Option[];
  /** Lines below the help page. */
  readonly notes?: readonly string[];
  /** `stop` (default): a signal ends the command at once. `finish`: it sees `io.interrupted` and ends by itself. */
  readonly onInterrupt?: "stop" | "finish";
  run(given: Arguments, context: CommandContext): Promise<ExitCode>;
}

interface Operand {
  readonly name: string;
  readonly summary: string;
}

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What the value is (`file`, `n`); a flag has none. */
  readonly value?: string;
  readonly summary: string;
  readonly use?: "optional" | "required" | "repeatable";
}

export interface CommandContext {
  readonly io: Io;
  readonly terminal: Terminal;
}

/** What was typed, sorted by name but not yet interpreted. Asking for a name the command does not declare is a bug. */
export interface Arguments {
  operand(name: string): string;
  option(name: string): string | undefined;
  required(name: string): string;
  all(name: string): readonly string[];
  flag(name: string): "given" | "absent";
}

/** Values by name, as a parser collected them; the checks every command wants are here. */
export class CollectedArguments implements Arguments {
  readonly #operands: ReadonlyMap<string, string>;
  readonly #options: ReadonlyMap<string, readonly string[]>;

  constructor(operands: ReadonlyMap<string, string>, options: ReadonlyMap<string, readonly string[]>) {
    this.#operands = operands;
    this.#options = options;
  }

  operand(name: string): string {
    const value = this.#operands.get(name);
    if (value === undefined) throw new Error(`no operand ${name}`);
    return value;
  }

  option(name: string): string | undefined {
    return this.all(name)[0];
  }

  required(name: string): string {
    const value = this.option(name);
    if (value === undefined) throw new Error(`no option ${name}`);
    return value;
  }

  all(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }

  flag(name: string): "given" | "absent" {
    return this.#options.has(name) ? "given" : "absent";
  }
}
