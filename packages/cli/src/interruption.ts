import { exitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";

/** What a person is told of a command that a signal cut short. */
export const interrupted = (): Failure =>
  new Failure({
    code: "interrupted",
    problem: "stopped by a signal before the end",
    remedy: "nothing half-written is left; run the command again",
    exit: exitCode.interrupted,
  });

/** Rejects when a signal comes. Whatever is raced against it and goes on meanwhile ends with the process. */
export function failWhenInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(interrupted());
    else signal.addEventListener("abort", () => reject(interrupted()), { once: true });
  });
}

/** Resolves when a signal comes: the normal end of a command that runs until then. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
