import type { Parameters } from "@sumac/suit";

/** The parameters of one component while a procedure runs; they persist across its sequences (suit.md 5, rule 3). */
export type ComponentParameters = { -readonly [Name in keyof Parameters]?: Parameters[Name] };

/** strict-order and soft-failure belong to the processor: nobody asks a component for them. */
export const overrideParameters = (target: ComponentParameters, source: Parameters): void => {
  Object.assign(target, source);
};

/** What is set already stays: a dependent manifest has decided before (suit.md 7.1). */
export const setParameters = (target: ComponentParameters, source: Parameters): void => {
  Object.assign(target, { ...source, ...target });
};
