import { attempt, type CborBytes, type CborItem, type DecodeOptions, decodeItem, received } from "@sumac/cbor";
import type { ReceivedBytes } from "./envelope.ts";
import type { Grammar } from "./grammar.ts";
import type { Limits } from "./limits.ts";
import { refuse, refuseOverLimit } from "./refusal.ts";

/**
 * Arrays, maps and tags inside one layer. The deepest that the grammar needs are a COSE_Sign block and the text map;
 * with `Limits.maxDepth` layers this bounds the total depth.
 */
const levelsPerLayer = 8;

/** How deep a parser is, and what it may still spend. */
interface Depth {
  readonly limits: Limits;
  /** Byte strings around what is being read; the file itself is 0. */
  readonly depth: number;
}

/** Where a parser is, and what holds there. */
export interface Scope extends Depth {
  readonly grammars: readonly Partial<Grammar>[];
  /** Shared by all nested sequences of one manifest or severed member. */
  readonly budget: { commands: number };
  /** The shared sequence may only choose, test and set parameters. */
  readonly section: "shared" | "own";
  /** `top` = a member of the manifest; `nested` = an argument of try-each or run-sequence. */
  readonly nesting: "top" | "nested";
  /** How many components and dependencies an index may name. */
  readonly componentCount: number;
}

export type LayerOptions = Pick<DecodeOptions, "tags" | "mapOrder" | "maxItems">;

/** Runs a decoder whose `maxItems` is a limit of this package. */
export function withinItems<T>(parse: () => T): T {
  const read = attempt(parse);
  if (read.ok) return read.value;
  const { reason, offset } = read.error;
  return reason === "too-many-items" ? refuseOverLimit("maxItems", offset) : refuse(read.error);
}

/** Decodes the content of a byte string that stands `depth` layers deep. */
export function decodeLayer(
  { content, contentOffset }: Pick<ReceivedBytes, "content" | "contentOffset">,
  field: string,
  { limits, depth }: Depth,
  options?: LayerOptions,
): CborItem {
  if (depth > limits.maxDepth) refuseOverLimit("maxDepth", contentOffset);
  const { maxItems } = limits;
  return withinItems(() =>
    decodeItem(content, { maxItems, ...options, field, baseOffset: contentOffset, maxDepth: levelsPerLayer }),
  );
}

/** Goes one byte string deeper. */
export const openBytes = (
  { value: content, contentOffset }: CborBytes,
  field: string,
  { limits, depth }: Depth,
  options?: LayerOptions,
): CborItem => decodeLayer({ content, contentOffset }, field, { limits, depth: depth + 1 }, options);

export const deeper = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 });

/** A byte string with its head, which digests cover. */
export const receivedFrom = (bytes: CborBytes): ReceivedBytes => ({
  encoded: received(bytes, bytes.offset, bytes.end),
  content: bytes.value,
  contentOffset: bytes.contentOffset,
});
