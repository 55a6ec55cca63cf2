import { type CborBytes, type CborItem, decode } from "@sumac/cbor";
import type { ReceivedBytes } from "./envelope.ts";
import { firstItemBeyond } from "./item-budget.ts";
import type { Limits } from "./limits.ts";
import { refuse, unwrap } from "./refusal.ts";

/**
 * Arrays, maps and tags inside one layer. The deepest that the grammar needs are a COSE_Sign block and the text map;
 * with `Limits.maxDepth` layers this bounds the total depth.
 */
const levelsPerLayer = 8;

/** How deep a parser is, and what it may still spend. */
export interface Scope {
  readonly limits: Limits;
  /** Byte strings around what is being read; the file itself is 0. */
  readonly depth: number;
  /** Shared by all nested sequences of one manifest or severed member. */
  readonly budget: { commands: number };
}

export const scopeAt = (limits: Limits, depth: number): Scope => ({
  limits,
  depth,
  budget: { commands: limits.maxCommands },
});

export interface LayerOptions {
  readonly tags?: readonly number[];
  readonly mapOrder?: "deterministic" | "any";
  /** Data items at most, where that is less than what `Limits` allows. */
  readonly maxItems?: number;
}

/** Decodes the content of a byte string that stands `scope.depth` layers deep. */
export function decodeLayer(
  content: Uint8Array,
  contentOffset: number,
  field: string,
  scope: Scope,
  { maxItems = scope.limits.maxItems, ...options }: LayerOptions = {},
): CborItem {
  if (scope.depth > scope.limits.maxDepth) refuse({ code: "limit-exceeded", limit: "maxDepth", offset: contentOffset });
  const beyond = firstItemBeyond(content, Math.min(maxItems, scope.limits.maxItems));
  const within = beyond === undefined ? content : content.subarray(0, beyond);
  const decoded = decode(within, { field, baseOffset: contentOffset, maxDepth: levelsPerLayer, ...options });
  if (beyond === undefined) return unwrap(decoded);
  // Something malformed further in front is the better answer; that it is cut short there, we did ourselves.
  if (!decoded.ok && decoded.error.reason !== "truncated") unwrap(decoded);
  return refuse({ code: "limit-exceeded", limit: "maxItems", offset: contentOffset + beyond });
}

/** Goes one byte string deeper. */
export function openBytes(
  bytes: CborBytes,
  field: string,
  scope: Scope,
  options?: LayerOptions,
): { readonly item: CborItem; readonly scope: Scope } {
  const inner: Scope = { ...scope, depth: scope.depth + 1 };
  return { item: decodeLayer(bytes.value, bytes.contentOffset, field, inner, options), scope: inner };
}

/** A byte string with its head, which digests cover. `layer` is the content it stands in, `layerOffset` its start. */
export const receivedFrom = (bytes: CborBytes, layer: Uint8Array, layerOffset: number): ReceivedBytes => ({
  encoded: layer.subarray(bytes.offset - layerOffset, bytes.end - layerOffset),
  content: bytes.value,
  contentOffset: bytes.contentOffset,
});
