import { encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import fc from "fast-check";
import {
  type Element,
  elementAt,
  node,
  type Path,
  pairs,
  pathsOf,
  replaceAt,
  withSortedMaps,
  writeElement,
} from "./element-tree.ts";

/** One change to a tree. Numbers choose among what there is, modulo how much there is. */
export interface Mutation {
  readonly action: Action;
  readonly place: number;
  readonly other: number;
}

const actions = ["duplicate", "remove", "swap", "splice", "insert", "enclose", "open", "number", "byte"] as const;
type Action = (typeof actions)[number];

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({ action: fc.constantFrom(...actions), place: fc.nat(), other: fc.nat() }),
  { minLength: 1, maxLength: 6 },
);

/** Integers at the edges of what anything here compares them with. */
const numbers: readonly Element[] = [
  ...[0, 1, 2, 3, 7, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 31, 32, 33, 255, 256, 4096, 65536],
  ...[-1, -16, -256, -257, -65535, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 64n)],
].map((value) => ({ kind: "leaf", encoded: encode(value) }));
const words: readonly Element[] = [true, false, null, "", "#", new Uint8Array()].map((value) => ({
  kind: "leaf",
  encoded: encode(value),
}));
const replacements = [...numbers, ...words, node("array", []), node("map", [])];

/** Applies changes one after the other. `pool`: elements of other files, for splicing. */
export function mutate(
  root: Element,
  changes: readonly Mutation[],
  pool: readonly Element[],
  order: "kept" | "sorted",
): Element {
  const changed = changes.reduce((tree, change) => apply(tree, change, pool), root);
  return order === "sorted" ? withSortedMaps(changed) : changed;
}

function apply(root: Element, { action, place, other }: Mutation, pool: readonly Element[]): Element {
  const paths = pathsOf(root).filter((path) => path.length > 0);
  const path = pick(paths, place);
  if (path === undefined) return root;
  switch (action) {
    case "duplicate":
    case "remove":
    case "swap":
      return rearrange(root, path, action, other);
    case "insert":
      return inParent(root, path, (units, at) => units.toSpliced(at, 0, [pick(pool, other) ?? root]));
    case "splice":
      return replaceAt(root, path, () => pick(pool, other) ?? root);
    case "enclose":
      return replaceAt(root, path, (element) => node("enclosed", [element]));
    case "open":
      return replaceAt(root, path, (element) =>
        element.kind === "enclosed" ? (element.items[0] ?? element) : element,
      );
    case "number":
      return replaceAt(root, path, () => pick(replacements, other) ?? root);
    case "byte":
      return replaceAt(root, path, (element) => withOtherByte(element, other));
  }
}

/** Doubles, removes or moves what stands at a path; in a map that is a whole entry, in a sequence of commands a pair. */
export function rearrange(root: Element, path: Path, action: "duplicate" | "remove" | "swap", other: number): Element {
  return inParent(root, path, (units, at) => {
    const unit = units[at];
    if (unit === undefined) return units;
    if (action === "duplicate") return units.toSpliced(other % (units.length + 1), 0, unit);
    if (action === "remove") return units.toSpliced(at, 1);
    const target = other % units.length;
    return units.with(at, units[target] ?? unit).with(target, unit);
  });
}

function inParent(
  root: Element,
  path: Path,
  change: (units: readonly (readonly Element[])[], at: number) => readonly (readonly Element[])[],
): Element {
  const at = path.at(-1) ?? 0;
  return replaceAt(root, path.slice(0, -1), (parent) => {
    if (parent.kind === "leaf") return parent;
    const inTwos = parent.kind === "map";
    const units = inTwos ? pairs(parent.items) : parent.items.map((item) => [item]);
    return { ...parent, items: change(units, inTwos ? at >> 1 : at).flat() };
  });
}

/** A leaf with one bit of its content changed; its head stays, so that it keeps its length. */
function withOtherByte(element: Element, choice: number): Element {
  if (element.kind !== "leaf" || element.encoded.length < 2) return element;
  const bit = choice % (8 * (element.encoded.length - 1));
  const at = 1 + (bit >> 3);
  return { ...element, encoded: element.encoded.with(at, (element.encoded[at] as number) ^ (1 << (bit & 7))) };
}

const pick = <T>(list: readonly T[], choice: number): T | undefined => list[choice % list.length];

/** Larger trees hold the same elements many times over. */
const largestInPool = 1200;

/** All subtrees of some trees, each once, as material for splicing. */
export function poolOf(trees: readonly Element[]): readonly Element[] {
  const pool = new Map<string, Element>();
  for (const tree of trees) {
    const paths = pathsOf(tree);
    if (paths.length > largestInPool) continue;
    for (const path of paths) {
      const element = elementAt(tree, path);
      pool.set(bytesToHex(writeElement(element)), element);
    }
  }
  return [...pool.values()];
}
