import type { CborValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import type { ComponentId, Dependency } from "./manifest.ts";

/**
 * The text form of a component identifier: hex segments joined by "/". Two identifiers are the same exactly if their
 * keys are (a Map compares arrays by identity and would miss that).
 */
export const componentKey = (id: ComponentId): string => id.map(bytesToHex).join("/");

/**
 * Every index that a command may name, ascending: the components, and the dependencies that are not among them (suit.md
 * 7.1: by the text an index points into the list, in all published examples it does not).
 */
export function componentIndices(manifest: {
  readonly components: readonly ComponentId[];
  readonly dependencies?: readonly Dependency[];
}): readonly number[] {
  const beyond = (manifest.dependencies ?? []).filter(({ index }) => index >= manifest.components.length);
  return [...manifest.components.keys(), ...beyond.map(({ index }) => index)];
}

export const componentIdValue = (id: ComponentId): CborValue => [...id];
