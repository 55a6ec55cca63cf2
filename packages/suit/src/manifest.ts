import type { DigestName } from "@sumac/crypto";
import type { Command } from "./command.ts";
import type { severableLabel } from "./labels.ts";
import type { Version } from "./update-management-14/version.ts";

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

/** trust-domains: a component index whose content is the envelope of another manifest. */
export interface Dependency {
  /** Points into the component list, or (as in every published example) beyond it. */
  readonly index: number;
  /** Goes before every component identifier of the dependency. */
  readonly prefix?: ComponentId;
}

/** A member of the manifest or of its common part, key and value as received. */
export interface ReceivedMember {
  readonly name: string;
  readonly offset: number;
  readonly encoded: Uint8Array;
}

/** A parsed manifest (suit.md 2.2). */
export interface Manifest {
  readonly sequenceNumber: bigint;
  readonly components: readonly ComponentId[];
  /** Ascending by index. Absent = none. */
  readonly dependencies?: readonly Dependency[];
  /** trust-domains: where a recipient with several root manifests keeps this one. */
  readonly manifestComponentId?: ComponentId;
  /** update-management: the version of all that the manifest updates. */
  readonly setVersion?: Version;
  /** Absent = no shared sequence. */
  readonly shared?: CommandSequence;
  readonly referenceUri?: string;
  readonly validate?: CommandSequence;
  readonly load?: CommandSequence;
  readonly invoke?: CommandSequence;
  readonly uninstall?: CommandSequence;
  readonly dependencyResolution?: Severable<CommandSequence>;
  readonly payloadFetch?: Severable<CommandSequence>;
  readonly candidateVerification?: Severable<CommandSequence>;
  readonly install?: Severable<CommandSequence>;
  readonly text?: Severable<ManifestText>;
  /** In the order of the wire, those of common behind it. */
  readonly layout: readonly ReceivedMember[];
  /** The manifest as received: the content of envelope key 3, without its byte-string head. */
  readonly encoded: Uint8Array;
}

/** Text by language tag (RFC 5646). For display only, never for decisions. */
export interface ManifestText {
  readonly languages: readonly LanguageText[];
  readonly encoded: Uint8Array;
  /** Where `encoded` starts in the outermost file. */
  readonly offset: number;
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
