import type { CommandFailure, Rejection } from "./rejection.ts";

/** `soft`: a condition failed where its sequence is allowed to fail; anything else ends the whole procedure. */
export interface Failure {
  readonly kind: "soft" | "final";
  readonly rejection: Rejection;
}

export const final = (rejection: Rejection): Failure => ({ kind: "final", rejection });

/** A dependency that is not accepted, or that fails, ends the procedure of its dependent. */
export const dependencyRefused = (dependency: number, offset: number, because: Rejection): Failure =>
  final({ code: "dependency-refused", dependency, offset, because });

export const commandFailed = (command: string, offset: number, because: CommandFailure): Failure =>
  final({ code: "command-failed", command, offset, because });

/** A command that only a dependency understands; also where no dependencies are processed at all. */
export const noDependency = (command: string, offset: number): Failure =>
  commandFailed(command, offset, "no-dependency");
