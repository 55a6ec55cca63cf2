import type { CborItem } from "./item.ts";
import type { Malformed } from "./malformed.ts";
import type { Result } from "./result.ts";

export interface DecodeOptions {
  /** Name of the decoded thing, the first part of `Malformed.field`. */
  readonly field: string;
  /** Tags that may occur anywhere in the input; every other tag is refused. Default: none. */
  readonly tags?: readonly number[];
  /** Where `bytes` starts in the outermost file; added to every offset. Default 0. */
  readonly baseOffset?: number;
  /** How deep `bytes` already lies (arrays, maps, tags and enclosing byte strings), counted towards `maxDepth`. Default 0. */
  readonly depth?: number;
  /** Default 16. */
  readonly maxDepth?: number;
  /** `deterministic` (default): RFC 8949 4.2.1 order. `any`: for COSE headers only; duplicates are refused all the same. */
  readonly mapOrder?: "deterministic" | "any";
}

/** Decodes exactly one data item that fills `bytes`. Never throws on input, never allocates more than the input justifies. */
export declare function decode(bytes: Uint8Array, options: DecodeOptions): Result<CborItem, Malformed>;
