/**
 * Typed access to decoded items for the formats built on CBOR. Every refusal is `Malformed` at the offset of the item
 * that is wrong, under the caller's name for the field.
 */
import type { CborArray, CborBytes, CborInteger, CborItem, CborMap, CborTagged, CborText } from "./item.ts";
import { type Malformed, malformed } from "./malformed.ts";
import { need, needTag, needUint } from "./need.ts";
import { attempt } from "./refusal.ts";
import { err, ok, type Result } from "./result.ts";

export const expectArray = (item: CborItem, field: string): Result<CborArray, Malformed> =>
  attempt(() => need(item, "array", field));

export const expectBytes = (item: CborItem, field: string): Result<CborBytes, Malformed> =>
  attempt(() => need(item, "bytes", field));

/** An integer of either sign. */
export const expectInteger = (item: CborItem, field: string): Result<CborInteger, Malformed> =>
  attempt(() => need(item, "integer", field));

export const expectMap = (item: CborItem, field: string): Result<CborMap, Malformed> =>
  attempt(() => need(item, "map", field));

export const expectText = (item: CborItem, field: string): Result<CborText, Malformed> =>
  attempt(() => need(item, "text", field));

/** An unsigned integer (major type 0). A negative one has the wrong type, as in CDDL. */
export const expectUint = (item: CborItem, field: string): Result<CborInteger, Malformed> =>
  attempt(() => {
    needUint(item, field);
    return need(item, "integer", field);
  });

export const expectBoolean = (item: CborItem, field: string): Result<boolean, Malformed> =>
  item.kind === "simple" && item.value !== null ? ok(item.value) : err(malformed("wrong-type", field, item.offset));

/** The tagged item; `wrong-type` without a tag, `wrong-value` with another one. */
export const expectTag = (item: CborItem, tag: number, field: string): Result<CborTagged, Malformed> =>
  attempt(() => needTag(item, tag, field));

/** The value beside an integer or text key, or undefined. */
export const lookUp = ({ entries }: CborMap, wanted: number | string): CborItem | undefined =>
  entries.find(({ key }) => (key.kind === "integer" || key.kind === "text") && key.value === wanted)?.value;

/** The value beside an integer or text key; `missing` at the map where there is none. */
export function expectEntry(map: CborMap, key: number | string, field: string): Result<CborItem, Malformed> {
  const found = lookUp(map, key);
  return found === undefined ? err(malformed("missing", field, map.offset)) : ok(found);
}
