import { componentKey } from "./component.ts";
import type { ComponentId, Dependency, Manifest } from "./manifest.ts";
import { quote } from "./quote.ts";

/** What an index of a manifest may point at. */
export type IndexSpace = Pick<Manifest, "components" | "dependencies">;

const printableAscii = /^[\x21-\x7e]+$/;

/** Text where every segment is plain text, with the hex segments behind it; else these alone. */
export function describeComponent(id: ComponentId): string {
  const names = id.map((segment) => String.fromCharCode(...segment.subarray(0, 64)));
  const readable = id.every((segment) => segment.length <= 64) && names.every((name) => printableAscii.test(name));
  return readable ? `${quote(names.join("/"))} (${componentKey(id)})` : componentKey(id);
}

/** A position in the component list, or beyond it a dependency, with what stands there. */
export function describeIndex(index: number, { components, dependencies = [] }: IndexSpace): string {
  const id = components[index];
  const dependency = dependencies.find((one) => one.index === index);
  if (dependency !== undefined) return `dependency ${index}${id === undefined ? "" : `, ${describeComponent(id)}`}`;
  return `component ${index}, ${id === undefined ? "which is not in the list" : describeComponent(id)}`;
}

export function describeDependency({ index, prefix }: Dependency): string {
  const scope = prefix === undefined ? "" : `, its components lie below ${describeComponent(prefix)}`;
  return `dependency: another manifest, at index ${index}${scope}`;
}
