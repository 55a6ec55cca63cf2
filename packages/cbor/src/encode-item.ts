import { encode, join } from "./encode.ts";
import { majorType, writeHead } from "./head.ts";
import type { CborItem } from "./item.ts";

/**
 * Exactly the bytes that an item was decoded from. `decode` leaves one freedom, the order of map entries under
 * `mapOrder: "any"`, and that order is kept.
 */
export function encodeItem(item: CborItem): Uint8Array {
  const parts: Uint8Array[] = [];
  write(item, parts);
  return join(parts);
}

function write(item: CborItem, parts: Uint8Array[]): void {
  switch (item.kind) {
    case "array":
      parts.push(writeHead(majorType.array, item.items.length));
      for (const element of item.items) write(element, parts);
      return;
    case "map":
      parts.push(writeHead(majorType.map, item.entries.length));
      for (const { key, value } of item.entries) {
        write(key, parts);
        write(value, parts);
      }
      return;
    case "tagged":
      parts.push(writeHead(majorType.tag, item.tag));
      write(item.item, parts);
      return;
    default:
      parts.push(encode(item.value));
  }
}
