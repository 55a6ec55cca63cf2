import { type Command, type CommandSequence, everyCommand } from "@sumac/suit";

/** Components by key that some commands write, and that some read. Swap does both to both. */
export interface Access {
  readonly written: readonly string[];
  readonly read: readonly string[];
}

/**
 * strict-order (draft-37 section 6.7). Commands are always carried out in the order they stand; this refuses what could
 * come out differently on a recipient that does otherwise, so that one manifest means one thing everywhere.
 */
export class CommandOrder {
  #strict = true;
  /** What was touched since strict-order became false: any two of these may happen at the same time. */
  #unordered = new Touched();
  readonly #all = new Touched();

  get isStrict(): boolean {
    return this.#strict;
  }

  set isStrict(strict: boolean) {
    if (strict) this.#unordered = new Touched();
    this.#strict = strict;
  }

  /** Everything that was touched here, for the sequence around. */
  get touched(): Access {
    return this.#all.access;
  }

  /** False: a component is written and read while the order does not matter. */
  record(access: Access): boolean {
    this.#all.add(access);
    if (this.#strict) return true;
    const races = this.#unordered.racesWith(access);
    this.#unordered.add(access);
    return !races;
  }
}

class Touched {
  readonly #written = new Set<string>();
  readonly #read = new Set<string>();

  get access(): Access {
    return { written: [...this.#written], read: [...this.#read] };
  }

  add({ written, read }: Access): void {
    for (const key of written) this.#written.add(key);
    for (const key of read) this.#read.add(key);
  }

  racesWith({ written, read }: Access): boolean {
    return written.some((key) => this.#read.has(key)) || read.some((key) => this.#written.has(key));
  }
}

/**
 * Whether a sequence keeps to one component, as it must where it may run beside others: behind an integer index it
 * begins with set-component-index, behind a list or `true` its component is given, and neither is changed after that.
 */
export function keepsToOneComponent(sequence: CommandSequence, index: "integer" | "several"): boolean {
  const commands = [...everyCommand(sequence)];
  const [first, ...rest] = commands;
  if (index === "several") return !commands.some(changesComponent);
  return first?.kind === "set-component-index" && !rest.some(changesComponent);
}

const changesComponent = (command: Command): boolean => command.kind === "set-component-index";
