import { componentKey } from "./component.ts";
import type { ComponentId } from "./manifest.ts";
import { quote } from "./quote.ts";

const printableAscii = /^[\x21-\x7e]+$/;

/** Hex segments, and the same as text where every segment is plain text. */
export function describeComponent(id: ComponentId): string {
  const names = id.map((segment) => String.fromCharCode(...segment.subarray(0, 64)));
  const readable = id.every((segment) => segment.length <= 64) && names.every((name) => printableAscii.test(name));
  return readable ? `${componentKey(id)} (${quote(names.join("/"))})` : componentKey(id);
}

/** A position in the component list, with what stands there. */
export function describeIndex(index: number, components: readonly ComponentId[]): string {
  const id = components[index];
  return `component ${index}, ${id === undefined ? "which is not in the list" : describeComponent(id)}`;
}
