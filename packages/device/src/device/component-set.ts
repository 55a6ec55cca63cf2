import { type ComponentId, componentKey } from "@sumac/suit";

/**
 * Components that are updated together and have one floor. `release`: what the device's identity names. `recovery`: the
 * recovery image. `trust-record`: its vendor's or its owner's part. `mixed`: a manifest of more than one of them.
 */
export type ComponentSet = "release" | "recovery" | "trust-record" | "mixed";

/** The one component of the recovery set. */
export const recoveryComponent: ComponentId = [new TextEncoder().encode("recovery")];

export const sameComponent = (a: ComponentId, b: ComponentId): boolean => componentKey(a) === componentKey(b);

/** Components of no other set count as `release`: there the verifier says what is wrong with them. */
export function componentSetOf(components: readonly ComponentId[]): ComponentSet {
  const sets = new Set(components.map(setOf));
  const [set = "release"] = sets;
  return sets.size > 1 ? "mixed" : set;
}

const trustRecord = componentKey([new TextEncoder().encode("trust-record")]);

function setOf(id: ComponentId): Exclude<ComponentSet, "mixed"> {
  if (sameComponent(id, recoveryComponent)) return "recovery";
  return id.length > 0 && componentKey(id.slice(0, 1)) === trustRecord ? "trust-record" : "release";
}
