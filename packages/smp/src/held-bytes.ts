import type { SmpValue } from "./body.ts";
import { isMap } from "./reply.ts";

/** What a value takes beside its content, roughly: an empty map is one byte on the line, and no less than this here. */
const perValue = 64;

/** About as many bytes of memory as a value takes that is kept. */
export function heldBytes(value: SmpValue): number {
  if (typeof value === "string" || value instanceof Uint8Array) return perValue + value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: SmpValue) => sum + heldBytes(item), perValue);
  if (!isMap(value)) return perValue;
  return Object.entries(value).reduce((sum, [name, member]) => sum + name.length + heldBytes(member), perValue);
}
