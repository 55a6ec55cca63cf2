import type { CommandBody } from "./command.ts";
import type { ComponentId, Dependency, LanguageText, Severable } from "./manifest.ts";
import type { Version } from "./update-management-14/version.ts";

/**
 * What a manifest says, without the bytes it once had: the input of `serializeManifest`. Every parsed `Manifest` is one.
 * Authors fill it by hand and sever members afterwards (`severMembers`).
 */
export interface ManifestInput {
  readonly sequenceNumber: bigint;
  readonly components: readonly ComponentId[];
  readonly dependencies?: readonly Dependency[];
  readonly manifestComponentId?: ComponentId;
  readonly setVersion?: Version;
  readonly shared?: SequenceInput;
  readonly referenceUri?: string;
  readonly validate?: SequenceInput;
  readonly load?: SequenceInput;
  readonly invoke?: SequenceInput;
  readonly uninstall?: SequenceInput;
  readonly dependencyResolution?: Severable<SequenceInput>;
  readonly payloadFetch?: Severable<SequenceInput>;
  readonly candidateVerification?: Severable<SequenceInput>;
  readonly install?: Severable<SequenceInput>;
  readonly text?: Severable<TextInput>;
}

export interface SequenceInput {
  readonly commands: readonly CommandInput[];
}

export type CommandInput = CommandBody<SequenceInput>;

export interface TextInput {
  readonly languages: readonly LanguageText[];
}
