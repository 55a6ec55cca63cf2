import type { ExitCode } from "./exit-code.ts";
import { exitCode } from "./exit-code.ts";

/** Everything a person is told when a command does not succeed. `problem` and `remedy` are one line each, lower case, no full stop. */
export interface FailureFacts {
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
  readonly exit: ExitCode;
}

/** Ends a command with a message and an exit code. Never thrown for a bug: a bug is any other error. */
export class Failure extends Error {
  readonly facts: FailureFacts;

  constructor(facts: FailureFacts, options?: ErrorOptions) {
    super(facts.problem, options);
    this.name = "Failure";
    this.facts = facts;
  }
}

export const usage = (code: string, problem: string, remedy: string): Failure =>
  new Failure({ code, problem, remedy, exit: exitCode.usage });

export const malformedInput = (code: string, problem: string, remedy: string): Failure =>
  new Failure({ code, problem, remedy, exit: exitCode.malformed });

export const unavailable = (code: string, problem: string, remedy: string): Failure =>
  new Failure({ code, problem, remedy, exit: exitCode.unavailable });
