/** Typed access to decoded items for parsers that run inside `attempt`: they give the content, or unwind. */
import type { CborBytes, CborItem, CborTagged } from "./item.ts";
import { refuseMalformed } from "./refusal.ts";

type ItemOf<Kind extends CborItem["kind"]> = Extract<CborItem, { readonly kind: Kind }>;

/** The item, if it is of this kind; `wrong-type` otherwise. */
export function need<Kind extends CborItem["kind"]>(item: CborItem, kind: Kind, field: string): ItemOf<Kind> {
  if (item.kind !== kind) refuseMalformed("wrong-type", field, item.offset);
  return item as ItemOf<Kind>;
}

/** An unsigned integer (major type 0). A negative one has the wrong type, as in CDDL. */
export function needUint(item: CborItem, field: string): number | bigint {
  const { value, offset } = need(item, "integer", field);
  return value < 0 ? refuseMalformed("wrong-type", field, offset) : value;
}

/** The tagged item; `wrong-type` without a tag, `wrong-value` with another one. */
export function needTag(item: CborItem, tag: number, field: string): CborTagged {
  const tagged = need(item, "tagged", field);
  return tagged.tag === tag ? tagged : refuseMalformed("wrong-value", field, item.offset);
}

/** A registry number. Beyond 2^53 nothing is registered, and a rounded number in a refusal would mislead. */
export function needLabel(item: CborItem, field: string): number {
  const { value, offset } = need(item, "integer", field);
  return typeof value === "bigint" ? refuseMalformed("wrong-value", field, offset) : value;
}

/**
 * The bytes of the input from one offset to another, in the memory that `inside` is a view of: another item of the same
 * layer, with its head, without a copy.
 */
export const received = (
  { value, contentOffset }: Pick<CborBytes, "value" | "contentOffset">,
  offset: number,
  end: number,
): Uint8Array => new Uint8Array(value.buffer, value.byteOffset + offset - contentOffset, end - offset);
