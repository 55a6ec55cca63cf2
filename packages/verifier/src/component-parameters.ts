import type { Parameters } from "@sumac/suit";

/** The parameters of one component while a procedure runs; they persist across its sequences (suit.md 5, rule 3). */
export type ComponentParameters = { -readonly [Name in keyof Parameters]?: Parameters[Name] };

/** strict-order and soft-failure belong to the processor, not to a component. */
export function overrideParameters(target: ComponentParameters, source: Parameters): void {
  const { strictOrder: _strictOrder, softFailure: _softFailure, ...own } = source;
  Object.assign(target, own);
}

/** What is set already stays: a dependent manifest has decided before (suit.md 7.1). */
export function setParameters(target: ComponentParameters, source: Parameters): void {
  overrideParameters(target, { ...source, ...target });
}
