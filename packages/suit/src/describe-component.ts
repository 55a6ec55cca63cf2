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

/** An identifier that is named again and again in one file: in full it stands in the list of components. */
const maxRepeated = 64;

function repeatedComponent(id: ComponentId): string {
  const length = id.reduce((sum, segment) => sum + segment.length, 0);
  if (length <= maxRepeated) return describeComponent(id);
  return `${componentKey(id).slice(0, maxRepeated)}... (${length} bytes)`;
}

/** A position in the component list, or beyond it a dependency, with what stands there, cut if it is long. */
export function describeIndex(index: number, { components, dependencies = [] }: IndexSpace): string {
  const id = components[index];
  const dependency = dependencies.find((one) => one.index === index);
  if (dependency !== undefined) return `dependency ${index}${id === undefined ? "" : `, ${repeatedComponent(id)}`}`;
  return `component ${index}, ${id === undefined ? "which is not in the list" : repeatedComponent(id)}`;
}

export function describeDependency({ index, prefix }: Dependency): string {
  const scope = prefix === undefined ? "" : `, its components lie below ${describeComponent(prefix)}`;
  return `dependency: another manifest, at index ${index}${scope}`;
}
