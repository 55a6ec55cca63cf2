/** A program with its arguments; no shell reads them. */
export interface Command {
  /** The program first. */
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** How a program ended. */
export interface CommandEnd {
  /** Absent: it never started, or a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why it could not be started, as the system calls it. */
  readonly notStarted?: string;
  readonly timing: "in-time" | "timed-out";
  /** Bytes that it wrote to its two outputs. */
  readonly outputLength: number;
  /** The first and the last of them, as they came. */
  readonly output: Uint8Array;
}

/**
 * Runs the commands that a device was configured with, one at a time. Whatever a run has started is ended with it: after
 * its exit, after the time it may take, and, where this process was killed meanwhile, before the next run starts.
 */
export interface CommandRunner {
  run(command: Command): Promise<CommandEnd>;
  /**
   * What the command writes to its output. Throws `Unavailable`, `installer-failed` or `installer-timed-out`, at the end
   * of a run that was none.
   */
  read(command: Command): AsyncIterable<Uint8Array>;
}

/** Whether it did what it was started for, as far as it says so itself. */
export const endedWell = ({ exitCode, timing }: CommandEnd): boolean => exitCode === 0 && timing === "in-time";

/** For a log, such as `exit code 3`. */
export function howItEnded({ timing, notStarted, signal, exitCode }: CommandEnd, { timeoutMs }: Command): string {
  if (timing === "timed-out") return `ended after ${timeoutMs} ms`;
  return notStarted ?? (signal === undefined ? `exit code ${exitCode}` : `ended by ${signal}`);
}

/** What may stand in an argument between braces, and what for. */
export type CommandFacts = Readonly<Record<string, string>>;

/** Throws `RangeError` for a configured command that could not be run as it is meant. */
export function checkCommand({ argv, timeoutMs }: Command, known: readonly string[]): void {
  const [program] = argv;
  if (program === undefined || program === "" || program.includes("{"))
    throw new RangeError("a command names no program");
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs <= 0) throw new RangeError(`a command may take ${timeoutMs} ms`);
  for (const argument of argv) {
    for (const [, name = ""] of argument.matchAll(placeholder)) {
      if (!known.includes(name)) throw new RangeError(`a command speaks of {${name}}`);
    }
  }
}

/** Puts the facts into the arguments. Each stays one argument, whatever is in them. */
export const fillCommand = ({ argv, timeoutMs }: Command, facts: CommandFacts): Command => ({
  argv: argv.map((argument) =>
    argument.replace(placeholder, (whole, name: string) =>
      Object.hasOwn(facts, name) ? (facts[name] ?? whole) : whole,
    ),
  ),
  timeoutMs,
});

const placeholder = /\{([^{}]*)\}/g;
