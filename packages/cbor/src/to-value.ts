import { type CborValue, Tagged } from "./encode.ts";
import type { CborItem } from "./item.ts";

/**
 * The plain value of an item, without offsets. Integers keep their kind (`number` when safe, else `bigint`), maps keep
 * their entries in received order, and keys that are not primitive are compared by identity as in every `Map`.
 */
export function toValue(item: CborItem): CborValue {
  switch (item.kind) {
    case "array":
      return item.items.map(toValue);
    case "map":
      return new Map(item.entries.map(({ key, value }) => [toValue(key), toValue(value)]));
    case "tagged":
      return new Tagged(item.tag, toValue(item.item));
    default:
      return item.value;
  }
}
