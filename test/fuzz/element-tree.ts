import { type CborItem, decode, encodeItem } from "@sumac/cbor";
import { bytesToHex, concatBytes } from "@sumac/crypto";

/**
 * A CBOR file as a tree that can be changed and written again: byte strings that hold CBOR are opened, heads and counts
 * are made when it is written. What it writes is well-formed, and right or wrong only in what it says.
 */
export type Element = Leaf | Node;

/** An integer, a text, a simple value, or a byte string that holds no CBOR. */
interface Leaf {
  readonly kind: "leaf";
  readonly encoded: Uint8Array;
}

export interface Node {
  readonly kind: "array" | "map" | "tag" | "enclosed";
  /** Of a map: key, value, key, value. Of a tag and of a byte string around CBOR: the one item in it. */
  readonly items: readonly Element[];
  /** Of a tag only. */
  readonly tag: number;
}

/** All tags that occur in envelopes, right or wrong. */
const tags = [16, 17, 18, 19, 61, 96, 97, 98, 106, 107, 112, 1070];

/** Undefined if the bytes are no CBOR, or CBOR that could not be written again. */
export function readElement(bytes: Uint8Array): Element | undefined {
  const item = decode(bytes, { field: "file", tags, mapOrder: "any", maxDepth: 64 });
  return item.ok ? elementOf(item.value) : undefined;
}

function elementOf(item: CborItem): Element {
  switch (item.kind) {
    case "array":
      return node("array", item.items.map(elementOf));
    case "map":
      return node(
        "map",
        item.entries.flatMap(({ key, value }) => [elementOf(key), elementOf(value)]),
      );
    case "tagged":
      return node("tag", [elementOf(item.item)], item.tag);
    case "bytes": {
      const inside = readElement(item.value);
      // A single small byte is CBOR too; only what has a structure is taken for such.
      return inside === undefined || inside.kind === "leaf" ? leaf(item) : node("enclosed", [inside]);
    }
    default:
      return leaf(item);
  }
}

const leaf = (item: CborItem): Leaf => ({ kind: "leaf", encoded: encodeItem(item) });

export const node = (kind: Node["kind"], items: readonly Element[], tag = 0): Node => ({ kind, items, tag });

export function writeElement(element: Element): Uint8Array {
  if (element.kind === "leaf") return element.encoded;
  const items = element.items.map(writeElement);
  const content = concatBytes(...items);
  switch (element.kind) {
    case "array":
      return concatBytes(head(4, items.length), content);
    case "map":
      // An odd number of items leaves the last key without a value: refused, like everything that is cut short.
      return concatBytes(head(5, Math.ceil(items.length / 2)), content);
    case "tag":
      return concatBytes(head(6, element.tag), content);
    case "enclosed":
      return concatBytes(head(2, content.length), content);
  }
}

function head(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 0x100) return Uint8Array.of(type | 24, argument);
  if (argument < 0x10000) return Uint8Array.of(type | 25, argument >> 8, argument & 0xff);
  return Uint8Array.of(type | 26, ...[24, 16, 8, 0].map((shift) => (argument >>> shift) & 0xff));
}

/** Where an element stands: the position at each level, from the root. */
export type Path = readonly number[];

export function pathsOf(element: Element, at: Path = []): readonly Path[] {
  if (element.kind === "leaf") return [at];
  return [at, ...element.items.flatMap((item, i) => pathsOf(item, [...at, i]))];
}

export function elementAt(root: Element, path: Path): Element {
  let element = root;
  for (const i of path) {
    const inner = element.kind === "leaf" ? undefined : element.items[i];
    if (inner === undefined) throw new RangeError(`nothing at ${path.join(".")}`);
    element = inner;
  }
  return element;
}

export function replaceAt(root: Element, path: Path, change: (element: Element) => Element): Element {
  const [first, ...rest] = path;
  if (first === undefined) return change(root);
  if (root.kind === "leaf") throw new RangeError(`nothing at ${path.join(".")}`);
  return { ...root, items: root.items.map((item, i) => (i === first ? replaceAt(item, rest, change) : item)) };
}

/** The tree with the entries of every map in deterministic order, so that a change in one is not refused for its order. */
export function withSortedMaps(element: Element): Element {
  if (element.kind === "leaf") return element;
  const items = element.items.map(withSortedMaps);
  if (element.kind !== "map") return { ...element, items };
  const entries = pairs(items).map((entry) => ({ entry, key: bytesToHex(writeElement(entry[0] as Element)) }));
  entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { ...element, items: entries.flatMap(({ entry }) => entry) };
}

/** Items in twos; the last may be alone. */
export function pairs(items: readonly Element[]): readonly (readonly Element[])[] {
  const result: (readonly Element[])[] = [];
  for (let i = 0; i < items.length; i += 2) result.push(items.slice(i, i + 2));
  return result;
}
