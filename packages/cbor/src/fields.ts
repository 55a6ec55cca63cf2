/**
 * Typed access to decoded items for the formats built on CBOR. Every refusal is `Malformed` at the offset of the item
 * that is wrong, under the caller's name for the field.
 */
import type { CborArray, CborBytes, CborInteger, CborItem, CborMap, CborTagged, CborText } from "./item.ts";
import { type Malformed, malformed } from "./malformed.ts";
import { err, ok, type Result } from "./result.ts";

export const expectArray = (item: CborItem, field: string): Result<CborArray, Malformed> =>
  item.kind === "array" ? ok(item) : wrongType(item, field);

export const expectBytes = (item: CborItem, field: string): Result<CborBytes, Malformed> =>
  item.kind === "bytes" ? ok(item) : wrongType(item, field);

/** An integer of either sign. */
export const expectInteger = (item: CborItem, field: string): Result<CborInteger, Malformed> =>
  item.kind === "integer" ? ok(item) : wrongType(item, field);

export const expectMap = (item: CborItem, field: string): Result<CborMap, Malformed> =>
  item.kind === "map" ? ok(item) : wrongType(item, field);

export const expectText = (item: CborItem, field: string): Result<CborText, Malformed> =>
  item.kind === "text" ? ok(item) : wrongType(item, field);

/** An unsigned integer (major type 0). A negative one has the wrong type, as in CDDL. */
export const expectUint = (item: CborItem, field: string): Result<CborInteger, Malformed> =>
  item.kind === "integer" && item.value >= 0 ? ok(item) : wrongType(item, field);

export const expectBoolean = (item: CborItem, field: string): Result<boolean, Malformed> =>
  item.kind === "simple" && item.value !== null ? ok(item.value) : wrongType(item, field);

/** The tagged item; `wrong-type` without a tag, `wrong-value` with another one. */
export function expectTag(item: CborItem, tag: number, field: string): Result<CborTagged, Malformed> {
  if (item.kind !== "tagged") return wrongType(item, field);
  return item.tag === tag ? ok(item) : err(malformed("wrong-value", field, item.offset));
}

/** The value beside an integer or text key, or undefined. */
export function lookUp(map: CborMap, key: number | string): CborItem | undefined {
  return map.entries.find(
    (entry) => (entry.key.kind === "integer" || entry.key.kind === "text") && entry.key.value === key,
  )?.value;
}

/** The value beside an integer or text key; `missing` at the map where there is none. */
export function expectEntry(map: CborMap, key: number | string, field: string): Result<CborItem, Malformed> {
  const found = lookUp(map, key);
  return found === undefined ? err(malformed("missing", field, map.offset)) : ok(found);
}

const wrongType = (item: CborItem, field: string): Result<never, Malformed> =>
  err(malformed("wrong-type", field, item.offset));
