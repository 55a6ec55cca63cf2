import { type Element, elementAt, type Path, pathsOf, readElement, replaceAt, writeElement } from "./element-tree.ts";
import { type Mutation, mutate, rearrange } from "./mutation.ts";
import { signAgain } from "./sign-again.ts";
import type { Damage, Subject } from "./subject.ts";

/** How much of the damage that can be listed: one of so many. */
export interface Portion {
  readonly bits: number;
  readonly lengths: number;
  readonly elements: number;
}

export const everything: Portion = { bits: 1, lengths: 1, elements: 1 };

/** Every change of an element writes the whole file again: of a tree with thousands of like elements some are enough. */
const mostElements = 1200;

/** Every bit flipped, every length cut to, every element moved about, as far as the portion goes. */
export function* listedDamage(subject: Subject, portion: Portion): Generator<Damage> {
  const { bytes } = subject;
  for (let bit = 0; bit < bytes.length * 8; bit += portion.bits) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    yield { what: `bit ${bit} flipped`, bytes: flipped, signed: "before" };
  }
  for (let length = 0; length < bytes.length; length += portion.lengths) {
    yield { what: `cut to ${length} bytes`, bytes: bytes.subarray(0, length), signed: "before" };
  }
  const tree = readElement(bytes);
  if (tree === undefined) return;
  const paths = pathsOf(tree);
  const elements = Math.max(portion.elements, Math.ceil(paths.length / mostElements));
  for (const [i, path] of paths.entries()) {
    if (path.length === 0 || i % elements !== 0) continue;
    yield* rearranged(tree, path);
    const next = elementAt(tree, paths[(i + 1) % paths.length] ?? []);
    yield* both(
      `${path.join(".")} replaced by the element after it`,
      replaceAt(tree, path, () => next),
    );
  }
}

/** One element doubled beside itself and at the end, removed, and exchanged with each of the next two. */
function* rearranged(tree: Element, path: Path): Generator<Damage> {
  const parent = elementAt(tree, path.slice(0, -1));
  const count = parent.kind === "leaf" ? 0 : parent.items.length;
  const at = path.at(-1) ?? 0;
  const position = parent.kind === "map" ? at >> 1 : at;
  const name = path.join(".");
  yield* both(`${name} doubled`, rearrange(tree, path, "duplicate", position));
  yield* both(`${name} doubled at the end`, rearrange(tree, path, "duplicate", count));
  yield* both(`${name} removed`, rearrange(tree, path, "remove", 0));
  for (const step of [1, 2]) yield* both(`${name} moved by ${step}`, rearrange(tree, path, "swap", position + step));
}

function* both(what: string, tree: Element): Generator<Damage> {
  yield { what, bytes: writeElement(tree), signed: "before" };
  const signed = signAgain(tree);
  if (signed !== tree) yield { what, bytes: writeElement(signed), signed: "again" };
}

/** Damage that is not listed but drawn. */
export interface DrawnDamage {
  readonly changes: readonly Mutation[];
  readonly order: "kept" | "sorted";
  readonly signed: "before" | "again";
}

export function drawnDamage(subject: Subject, drawn: DrawnDamage, pool: readonly Element[]): Damage | undefined {
  const tree = readElement(subject.bytes);
  if (tree === undefined) return undefined;
  const changed = mutate(tree, drawn.changes, pool, drawn.order);
  const bytes = writeElement(drawn.signed === "again" ? signAgain(changed) : changed);
  const what = drawn.changes.map(({ action, place, other }) => `${action} ${place} ${other}`).join(", ");
  return { what: `${what}; maps ${drawn.order}`, bytes, signed: drawn.signed };
}
