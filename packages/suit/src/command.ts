import type { CommandSequence, SuitDigest } from "./manifest.ts";
import type { VersionMatch } from "./update-management-14/version.ts";

/** When a condition or directive is reported: bits 0-3 of suit.md 2.3, 0 to 15. */
export type RepPolicy = number;

/** One command, with the offset of its code in the outermost file, so that a refusal can point at it. */
export type Command = CommandBody & { readonly offset: number };

/** What a command says. `Sequence` is how nested sequences stand in it: as received, or only as a description. */
export type CommandBody<Sequence = CommandSequence> =
  | { readonly kind: "condition"; readonly condition: Condition; readonly policy: RepPolicy }
  | { readonly kind: "directive"; readonly directive: Directive; readonly policy: RepPolicy }
  | { readonly kind: "set-component-index"; readonly index: ComponentIndex }
  | { readonly kind: "override-parameters"; readonly parameters: Parameters }
  /** trust-domains: sets only what is not set yet, so that a dependent manifest can decide before. */
  | { readonly kind: "set-parameters"; readonly parameters: Parameters }
  | { readonly kind: "try-each"; readonly sequences: readonly Sequence[]; readonly orNil: boolean }
  | { readonly kind: "run-sequence"; readonly sequence: Sequence };

export type Condition =
  | "vendor-identifier"
  | "class-identifier"
  | "device-identifier"
  | "image-match"
  | "use-before"
  | "component-slot"
  | "check-content"
  | "abort"
  | "dependency-integrity"
  | "is-dependency"
  | "image-not-match"
  | "version";

export type Directive = "write" | "fetch" | "copy" | "invoke" | "swap" | "process-dependency" | "unlink";

/** `all` is the wire's `true`: every component in list order. */
export type ComponentIndex = number | "all" | readonly number[];

/** Parameters of one override-parameters or set-parameters command (suit.md 2.4). Absent = not set by this command. */
export interface Parameters {
  /** 16 bytes (UUID), or a CBOR-PEN in its encoded form with tag 112, which is always shorter. */
  readonly vendorIdentifier?: Uint8Array;
  readonly classIdentifier?: Uint8Array;
  readonly deviceIdentifier?: Uint8Array;
  readonly imageDigest?: SuitDigest;
  /** Bytes. */
  readonly imageSize?: bigint;
  /** Seconds since 1970. */
  readonly useBefore?: bigint;
  readonly componentSlot?: bigint;
  readonly strictOrder?: boolean;
  readonly softFailure?: boolean;
  readonly content?: Uint8Array;
  readonly uri?: string;
  readonly sourceComponent?: number;
  readonly invokeArgs?: Uint8Array;
  readonly fetchArguments?: Uint8Array;
  /** firmware-encryption: an encoded tagged COSE_Encrypt, not looked into here. */
  readonly encryptionInfo?: Uint8Array;
  /** update-management: the smaller, the more urgent. */
  readonly updatePriority?: bigint;
  readonly version?: VersionMatch;
}
