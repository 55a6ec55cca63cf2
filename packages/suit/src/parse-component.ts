import type { CborItem } from "@sumac/cbor";
import { componentKey } from "./component.ts";
import { expectArray, expectBytes } from "./expect-item.ts";
import type { Scope } from "./layer.ts";
import type { ComponentId } from "./manifest.ts";
import { refuseMalformed, refuseOverLimit } from "./refusal.ts";

/** Refuses an identifier without segments: its key would be that of one empty segment. */
export const readComponentId = (item: CborItem, field: string): ComponentId =>
  expectArray(item, field).items.map((segment, i) => expectBytes(segment, `${field}.${i}`));

/** One or more distinct components: twice the same one would be checked under one index and written under another. */
export function readComponents(item: CborItem, field: string, { limits }: Scope): readonly ComponentId[] {
  const { items, offset } = expectArray(item, field);
  if (items.length > limits.maxComponents) refuseOverLimit("maxComponents", offset);
  const seen = new Set<string>();
  return items.map((value, i) => {
    const id = readComponentId(value, `${field}.${i}`);
    const key = componentKey(id);
    if (seen.has(key)) refuseMalformed("not-allowed-here", `${field}.${i}`, value.offset);
    seen.add(key);
    return id;
  });
}
