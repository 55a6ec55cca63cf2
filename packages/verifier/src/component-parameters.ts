import type { ComponentIndex, Parameters } from "@sumac/suit";

/** The parameters of one component while a procedure runs; they persist across its sequences (suit.md 5, rule 3). */
export type ComponentParameters = { -readonly [Name in keyof Parameters]?: Parameters[Name] };

/** strict-order and soft-failure belong to the processor, not to a component. */
export function overrideParameters(target: ComponentParameters, source: Parameters): void {
  const { strictOrder: _strictOrder, softFailure: _softFailure, ...own } = source;
  Object.assign(target, own);
}

/** The components that the next command is for, in list order; undefined = the index points beyond the list. */
export function selectComponents(index: ComponentIndex, count: number): readonly number[] | undefined {
  if (index === "all") return Array.from({ length: count }, (_, i) => i);
  const selected = typeof index === "number" ? [index] : index;
  return selected.every((i) => i < count) ? selected : undefined;
}
