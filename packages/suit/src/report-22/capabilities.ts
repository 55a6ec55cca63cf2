import { type CborItem, type CborValue, need, needLabel } from "@sumac/cbor";
import { expectArray, expectBytes } from "../expect-item.ts";
import { nameOf } from "../name-of.ts";
import { refuseMalformed, refuseUnsupported } from "../refusal.ts";
import { capabilityLabel } from "./labels.ts";
import type { Capabilities, CapabilityElement, ComponentCapability } from "./report.ts";

/** SUIT_Capability_Report as a value to encode. */
export function serializeCapabilities(capabilities: Capabilities): CborValue {
  const { components, commands, parameters, algorithms, elements = {}, nested = [] } = capabilities;
  return new Map<CborValue, CborValue>([
    [
      capabilityLabel.components,
      components.map(({ id, matches }) => (matches === "exactly" ? [...id] : [...id, true])),
    ],
    [capabilityLabel.commands, commands],
    [capabilityLabel.parameters, parameters],
    [capabilityLabel.algorithms, algorithms],
    ...Object.entries(elements).map(([name, labels]): [CborValue, CborValue] => [
      capabilityLabel[name as CapabilityElement],
      labels,
    ]),
    ...nested.map(({ path, labels }): [CborValue, CborValue] => [path, labels]),
  ]);
}

/** The first four lists are demanded; a key that is an array is the way to an element without a number here. */
export function readCapabilities(item: CborItem, field: string): Capabilities {
  const map = need(item, "map", field);
  const lists = new Map<keyof typeof capabilityLabel, CborItem>();
  const nested: { path: readonly number[]; labels: readonly number[] }[] = [];
  for (const { key, value } of map.entries) {
    if (key.kind === "array") {
      nested.push({ path: readLabels(key, field), labels: readLabels(value, field) });
      continue;
    }
    const label = needLabel(key, field);
    lists.set(nameOf(capabilityLabel, label) ?? refuseUnsupported(field, key.offset, label), value);
  }
  const listOf = (name: keyof typeof capabilityLabel): CborItem =>
    lists.get(name) ?? refuseMalformed("missing", `${field}.${name}`, map.offset);
  const components = readComponents(listOf("components"), `${field}.components`);
  const numbers = (name: "commands" | "parameters" | "algorithms"): readonly number[] =>
    readLabels(listOf(name), `${field}.${name}`);
  const elements: Partial<Record<CapabilityElement, readonly number[]>> = {};
  for (const [name, value] of lists) {
    if (name === "components" || name === "commands" || name === "parameters" || name === "algorithms") continue;
    elements[name] = readLabels(value, `${field}.${name}`);
  }
  return {
    components,
    commands: numbers("commands"),
    parameters: numbers("parameters"),
    algorithms: numbers("algorithms"),
    ...(Object.keys(elements).length > 0 && { elements }),
    ...(nested.length > 0 && { nested }),
  };
}

function readLabels(item: CborItem, field: string): readonly number[] {
  return expectArray(item, field).items.map((label) => needLabel(label, field));
}

function readComponents(item: CborItem, field: string): readonly ComponentCapability[] {
  return expectArray(item, field).items.map((component, i) => {
    const segments = need(component, "array", `${field}.${i}`).items;
    const last = segments.at(-1);
    const wildcard = last?.kind === "simple" && last.value === true;
    const id = (wildcard ? segments.slice(0, -1) : segments).map((one) => expectBytes(one, `${field}.${i}`));
    return { id, matches: wildcard ? "all-below" : "exactly" };
  });
}
