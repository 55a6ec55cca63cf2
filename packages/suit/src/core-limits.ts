import type { ReceivedBytes } from "./envelope.ts";
import type { Extension } from "./extension.ts";
import type { Scope } from "./layer.ts";
import type { ManifestText } from "./manifest.ts";

export type TextReader = (
  received: Pick<ReceivedBytes, "content" | "contentOffset">,
  field: string,
  scope: Scope,
) => ManifestText;

/** Bounds on what the parsers accept: refused with `too-large` or `limit-exceeded` before memory or work is spent. */
export interface Limits {
  /** Bytes of the whole envelope, integrated payloads included. */
  readonly maxBytes: number;
  /**
   * Byte strings that hold CBOR, one inside the other: the manifest is layer 1, common 2, the shared sequence 3, a digest
   * in its parameters 4. Each run-sequence or try-each entry adds one. A decoder's own limit cannot see these.
   */
  readonly maxDepth: number;
  /** Commands of one manifest, or of one severed member, nested sequences included. */
  readonly maxCommands: number;
  /** Components and dependencies of a manifest, and entries of a component index list (each entry repeats the commands that follow). */
  readonly maxComponents: number;
  /** CBOR data items of one layer; decoded, each takes some hundred bytes. */
  readonly maxItems: number;
  /** Authentication blocks: each may cost a signature verification before anything is known of the sender. */
  readonly maxBlocks: number;
  /** What is understood beyond the core; everything else is `unsupported`. */
  readonly extensions: readonly Extension[];
  /**
   * Reads the text member, of which only the digest decides anything. With `coreLimits` it is not looked into
   * (`languages` is empty), with `defaultLimits` text that is malformed refuses the manifest.
   */
  readonly readText: TextReader;
}

/** Without extensions, and without a text reader: the least that a verifier has to carry. */
export const coreLimits: Limits = {
  maxBytes: 65536,
  maxDepth: 8,
  maxCommands: 256,
  maxComponents: 32,
  maxItems: 4096,
  maxBlocks: 16,
  extensions: [],
  readText: ({ content, contentOffset }) => ({ languages: [], encoded: content, offset: contentOffset }),
};
