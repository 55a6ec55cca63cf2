import type { CborItem } from "@sumac/cbor";
import { componentKey } from "./component.ts";
import { expectArray, expectBytes, expectFields, expectIndex, expectMap } from "./expect-item.ts";
import { dependencyLabel } from "./labels.ts";
import type { Scope } from "./layer.ts";
import type { ComponentId, Dependency } from "./manifest.ts";
import { optional } from "./optional.ts";
import { refuse, refuseMalformed } from "./refusal.ts";

/** Refuses an identifier without segments: its key would be that of one empty segment. */
export function readComponentId(item: CborItem, field: string): ComponentId {
  const { items, offset } = expectArray(item, field);
  if (items.length === 0) refuseMalformed("wrong-length", field, offset);
  return items.map((segment, i) => expectBytes(segment, `${field}.${i}`).value);
}

/** One or more distinct components: twice the same one would be checked under one index and written under another. */
export function readComponents(item: CborItem, field: string, scope: Scope): readonly ComponentId[] {
  const { items, offset } = expectArray(item, field);
  if (items.length === 0) refuseMalformed("wrong-length", field, offset);
  if (items.length > scope.limits.maxComponents) refuse({ code: "limit-exceeded", limit: "maxComponents", offset });
  const seen = new Set<string>();
  return items.map((value, i) => {
    const id = readComponentId(value, `${field}.${i}`);
    const key = componentKey(id);
    if (seen.has(key)) refuseMalformed("not-allowed-here", `${field}.${i}`, value.offset);
    seen.add(key);
    return id;
  });
}

/** At least one; with the components together no more than the limit. */
export function readDependencies(
  item: CborItem,
  field: string,
  componentCount: number,
  scope: Scope,
): readonly Dependency[] {
  const { entries, offset } = expectMap(item, field);
  if (entries.length === 0) refuseMalformed("wrong-length", field, offset);
  if (componentCount + entries.length > scope.limits.maxComponents) {
    refuse({ code: "limit-exceeded", limit: "maxComponents", offset });
  }
  return entries.map(({ key, value }) => {
    const index = expectIndex(key, field);
    const name = `${field}.${index}`;
    const prefix = expectFields(value, name, dependencyLabel).get("dependency-prefix");
    return { index, ...optional("prefix", prefix && readComponentId(prefix, `${name}.dependency-prefix`)) };
  });
}
