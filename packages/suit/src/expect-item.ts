import { type CborArray, type CborItem, type CborMap, need, needLabel, needUint } from "@sumac/cbor";
import { nameOf } from "./name-of.ts";
import { refuseMalformed, refuseUnsupported } from "./refusal.ts";

/** A byte string of exactly `length` bytes. */
export function expectFixedBytes(item: CborItem, field: string, length: number): Uint8Array {
  const { value, offset } = need(item, "bytes", field);
  return value.length === length ? value : refuseMalformed("wrong-length", field, offset);
}

/** A position in a list or a set of flags: an unsigned integer that a `number` holds. */
export function expectIndex(item: CborItem, field: string): number {
  needUint(item, field);
  return needLabel(item, field);
}

export const expectUint = (item: CborItem, field: string): bigint => BigInt(needUint(item, field));

export const expectInteger = (item: CborItem, field: string): bigint => BigInt(need(item, "integer", field).value);

export const expectText = (item: CborItem, field: string): string => need(item, "text", field).value;

export const expectBytes = (item: CborItem, field: string): Uint8Array => need(item, "bytes", field).value;

export const expectBoolean = (item: CborItem, field: string): boolean =>
  need(item, "simple", field).value ?? refuseMalformed("wrong-type", field, item.offset);

/** At least one element. */
export function expectArray(item: CborItem, field: string): CborArray {
  const array = need(item, "array", field);
  return array.items.length > 0 ? array : refuseMalformed("wrong-length", field, item.offset);
}

/** Exactly two elements. */
export function expectPair(item: CborItem, field: string): readonly [CborItem, CborItem] {
  const [first, second, ...rest] = need(item, "array", field).items;
  return first && second && rest.length === 0 ? [first, second] : refuseMalformed("wrong-length", field, item.offset);
}

/** At least one entry. */
export function expectMap(item: CborItem, field: string): CborMap {
  const map = need(item, "map", field);
  return map.entries.length > 0 ? map : refuseMalformed("wrong-length", field, item.offset);
}

/** A map whose keys all stand in `registry`; any other key is `unsupported`. Entries keep the order of the wire. */
export function expectFields<Name extends string>(
  item: CborItem,
  field: string,
  registry: Readonly<Record<Name, number>>,
): ReadonlyMap<Name, CborItem> {
  const fields = new Map<Name, CborItem>();
  for (const { key, value } of need(item, "map", field).entries) {
    const label = needLabel(key, field);
    fields.set(nameOf(registry, label) ?? refuseUnsupported(field, key.offset, label), value);
  }
  return fields;
}
