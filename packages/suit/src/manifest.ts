import type { DigestName } from "@sumac/crypto";
import type { Command } from "./command.ts";
import type { severableLabel } from "./labels.ts";

/** SUIT_Digest = [algorithm, bytes]. */
export interface SuitDigest {
  readonly algorithm: DigestName;
  readonly bytes: Uint8Array;
}

/** A component identifier: one or more byte strings. Compare with `componentKey`. */
export type ComponentId = readonly Uint8Array[];

/**
 * A command sequence as received: `encoded` is the content of its byte string and `offset` where that content starts
 * in the outermost file. Signatures and severed digests cover bytes, never a re-encoding.
 */
export interface CommandSequence {
  readonly commands: readonly Command[];
  readonly encoded: Uint8Array;
  readonly offset: number;
}

/** A severable manifest member: inline, or only its digest with the member (perhaps) beside the manifest in the envelope. */
export type Severable<T> =
  | { readonly at: "inline"; readonly value: T }
  | { readonly at: "envelope"; readonly digest: SuitDigest };

export type SeverableName = keyof typeof severableLabel;

/** A parsed manifest (suit.md 2.2). */
export interface Manifest {
  readonly sequenceNumber: bigint;
  readonly components: readonly ComponentId[];
  /** Absent = no shared sequence. */
  readonly shared?: CommandSequence;
  readonly referenceUri?: string;
  readonly validate?: CommandSequence;
  readonly load?: CommandSequence;
  readonly invoke?: CommandSequence;
  readonly payloadFetch?: Severable<CommandSequence>;
  readonly install?: Severable<CommandSequence>;
  readonly text?: Severable<ManifestText>;
  /** The manifest as received: the content of envelope key 3, without its byte-string head. */
  readonly encoded: Uint8Array;
}

/** Text by language tag (RFC 5646). For display only, never for decisions. */
export interface ManifestText {
  readonly languages: readonly LanguageText[];
  readonly encoded: Uint8Array;
}

export interface LanguageText {
  readonly language: string;
  readonly manifestDescription?: string;
  readonly updateDescription?: string;
  readonly jsonSource?: string;
  readonly yamlSource?: string;
  readonly components: readonly ComponentText[];
}

export interface ComponentText {
  readonly component: ComponentId;
  readonly vendorName?: string;
  readonly modelName?: string;
  readonly vendorDomain?: string;
  readonly modelInfo?: string;
  readonly description?: string;
  readonly version?: string;
}
