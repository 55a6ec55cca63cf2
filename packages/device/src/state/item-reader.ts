import { type CborItem, type CborMap, err, lookUp, type Malformed, malformed, ok, type Result } from "@sumac/cbor";

/** Unwinds the readers below. */
export class Unreadable extends Error {
  readonly #reason: Malformed["reason"];
  readonly #field: string;
  readonly #item: CborItem;

  constructor(reason: Malformed["reason"], field: string, item: CborItem) {
    super(reason);
    this.#reason = reason;
    this.#field = field;
    this.#item = item;
  }

  in(root: string): Malformed {
    return malformed(this.#reason, `${root}.${this.#field}`, this.#item.offset);
  }
}

/** What `read` makes of an item, or the first field in it that is not as it should be; their names begin with `root`. */
export function readItem<T>(root: string, read: () => T): Result<T, Malformed> {
  try {
    return ok(read());
  } catch (thrown) {
    if (thrown instanceof Unreadable) return err(thrown.in(root));
    throw thrown;
  }
}

/** The member of a map under its number. */
export function member<Name extends string>(
  map: CborMap,
  labels: Readonly<Record<Name, number>>,
  name: Name,
): CborItem {
  const found = lookUp(map, labels[name]);
  if (found === undefined) throw new Unreadable("missing", name, map);
  return found;
}

/** Refuses members of other numbers than these. */
export function onlyMembers(map: CborMap, ...labels: readonly Readonly<Record<string, number>>[]): void {
  const known = new Set<number | bigint>(labels.flatMap((named) => Object.values(named)));
  const stranger = map.entries.find(({ key }) => key.kind !== "integer" || !known.has(key.value));
  if (stranger !== undefined) throw new Unreadable("not-allowed-here", "label", stranger.key);
}

export function list(item: CborItem, field: string, length: 2): readonly [CborItem, CborItem];
export function list(item: CborItem, field: string, length: 3): readonly [CborItem, CborItem, CborItem];
export function list(item: CborItem, field: string, length: 4): readonly [CborItem, CborItem, CborItem, CborItem];
export function list(item: CborItem, field: string): readonly CborItem[];
export function list(item: CborItem, field: string, length?: number): readonly CborItem[] {
  if (item.kind !== "array") throw new Unreadable("wrong-type", field, item);
  if (length !== undefined && item.items.length !== length) throw new Unreadable("wrong-length", field, item);
  return item.items;
}

export function uint(item: CborItem, field: string): bigint {
  if (item.kind !== "integer" || item.value < 0) throw new Unreadable("wrong-type", field, item);
  return BigInt(item.value);
}

/** A number that is exact. */
export function count(item: CborItem, field: string): number {
  if (item.kind !== "integer" || typeof item.value !== "number" || item.value < 0) {
    throw new Unreadable("wrong-type", field, item);
  }
  return item.value;
}

export function textOf(item: CborItem, field: string): string {
  if (item.kind !== "text") throw new Unreadable("wrong-type", field, item);
  return item.value;
}

export function bytesOf(item: CborItem, field: string, length?: number): Uint8Array {
  if (item.kind !== "bytes") throw new Unreadable("wrong-type", field, item);
  if (length !== undefined && item.value.length !== length) throw new Unreadable("wrong-length", field, item);
  return item.value;
}

/** What `read` makes of the item; undefined where the writer had nothing to say. */
export const unlessNull = <T>(item: CborItem, read: (item: CborItem) => T): T | undefined =>
  item.kind === "simple" && item.value === null ? undefined : read(item);

/** The name that a table of labels gives to a number. */
export function named<Name extends string>(
  item: CborItem,
  field: string,
  labels: Readonly<Record<Name, number>>,
): Name {
  const label = uint(item, field);
  for (const name in labels) if (BigInt(labels[name]) === label) return name;
  throw new Unreadable("wrong-value", field, item);
}
