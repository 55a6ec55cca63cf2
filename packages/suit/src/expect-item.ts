import type { CborArray, CborBytes, CborItem, CborMap } from "@sumac/cbor";
import * as cbor from "@sumac/cbor";
import { nameOf } from "./labels.ts";
import { refuse, refuseMalformed, unwrap } from "./refusal.ts";

/** The checks of `@sumac/cbor` for use inside `attempt`: they give the content, or unwind. */
export const expectBytes = (item: CborItem, field: string): CborBytes => unwrap(cbor.expectBytes(item, field));

export const expectText = (item: CborItem, field: string): string => unwrap(cbor.expectText(item, field)).value;

export const expectBoolean = (item: CborItem, field: string): boolean => unwrap(cbor.expectBoolean(item, field));

export const expectArray = (item: CborItem, field: string): CborArray => unwrap(cbor.expectArray(item, field));

export const expectMap = (item: CborItem, field: string): CborMap => unwrap(cbor.expectMap(item, field));

/** An unsigned integer of up to 64 bits. */
export const expectUint = (item: CborItem, field: string): bigint => BigInt(unwrap(cbor.expectUint(item, field)).value);

/** An integer of either sign, up to 64 bits and a sign. */
export const expectInt = (item: CborItem, field: string): bigint =>
  BigInt(unwrap(cbor.expectInteger(item, field)).value);

/** A byte string of exactly `length` bytes. */
export function expectFixedBytes(item: CborItem, field: string, length: number): Uint8Array {
  const { value, offset } = expectBytes(item, field);
  return value.length === length ? value : refuseMalformed("wrong-length", field, offset);
}

/** A position in a list or a set of flags: an unsigned integer that a `number` holds. */
export function expectIndex(item: CborItem, field: string): number {
  const { value, offset } = unwrap(cbor.expectUint(item, field));
  return typeof value === "bigint" ? refuseMalformed("wrong-value", field, offset) : value;
}

/** A registry number. Beyond 2^53 nothing is registered, and a rounded number in a refusal would mislead. */
export function expectLabel(item: CborItem, field: string): number {
  const { value, offset } = unwrap(cbor.expectInteger(item, field));
  return typeof value === "bigint" ? refuseMalformed("wrong-value", field, offset) : value;
}

/**
 * A map whose keys all stand in `registry`, under a name that is `accepted`; any other key is `unsupported`. Entries
 * keep the order of the wire.
 */
export function expectFields<Name extends string>(
  item: CborItem,
  field: string,
  registry: Readonly<Record<Name, number>>,
  accepted: (name: Name) => boolean = () => true,
): ReadonlyMap<Name, CborItem> {
  const fields = new Map<Name, CborItem>();
  for (const { key, value } of expectMap(item, field).entries) {
    const label = expectLabel(key, field);
    const name = nameOf(registry, label);
    if (name === undefined || !accepted(name)) refuse({ code: "unsupported", field, offset: key.offset, label });
    fields.set(name, value);
  }
  return fields;
}
