import type { Parameters } from "../command.ts";
import type { ComponentId, SuitDigest } from "../manifest.ts";
import type { capabilityLabel, reportReason, reportSection } from "./labels.ts";

/** How a recipient fared with a manifest (draft-ietf-suit-report-22, REQ.SEC.REPORTING). */
export interface Report {
  readonly reference: ReportReference;
  /** Whatever the receiver asked for, to tell a fresh report from a replayed one. */
  readonly nonce?: Uint8Array;
  /** In the order in which they came about. */
  readonly entries: readonly ReportEntry[];
  readonly result: "success" | ReportFailure;
  readonly capabilities?: Capabilities;
}

/** Which manifest: its reference-uri to the letter, and the digest from its authentication wrapper. */
export interface ReportReference {
  readonly uri: string;
  readonly digest: SuitDigest;
}

export type ReportEntry = CommandRecord | SystemProperties;

export type ReportSection = keyof typeof reportSection;

/** One command, and what was found when it ran. */
export interface CommandRecord {
  readonly kind: "command";
  /** The way from the root manifest to the one the command stands in, by position among dependencies; empty = the root. */
  readonly manifest: readonly number[];
  readonly section: ReportSection;
  /** Bytes from the start of the section's content to the command, also for one in a nested sequence. */
  readonly offset: number;
  readonly component: number;
  /** What was measured, as parameters: the digest that the image has, not the one it should have. */
  readonly measured: Parameters;
}

/** What was measured of a component, whatever the manifest says of it. At least one parameter. */
export interface SystemProperties {
  readonly kind: "system";
  readonly component: ComponentId;
  readonly properties: Parameters;
}

export type ReportReason = keyof typeof reportReason;

export interface ReportFailure {
  /** For debugging by whoever made the recipient; means nothing to others. */
  readonly code: number;
  readonly record: CommandRecord;
  readonly reason: ReportReason;
}

/** What a manifest processor understands: extensions always, what is mandatory if it likes. */
export interface Capabilities {
  readonly components: readonly ComponentCapability[];
  /** By number, at least one each, like all of these. */
  readonly commands: readonly number[];
  readonly parameters: readonly number[];
  readonly algorithms: readonly number[];
  readonly elements?: Readonly<Partial<Record<CapabilityElement, readonly number[]>>>;
  /** Elements without a number of their own here, by the keys that lead to them. */
  readonly nested?: readonly { readonly path: readonly number[]; readonly labels: readonly number[] }[];
}

export type CapabilityElement = Exclude<
  keyof typeof capabilityLabel,
  "components" | "commands" | "parameters" | "algorithms"
>;

export interface ComponentCapability {
  readonly id: readonly Uint8Array[];
  /** `all-below`: every component whose identifier begins with this one. */
  readonly matches: "exactly" | "all-below";
}

/**
 * The record of a manifest that was refused before a command ran (parsing, signatures, rollback). The draft demands a
 * record and has none for this; no command stands at offset 0, where the head of the sequence is.
 */
export const recordBeforeCommands: CommandRecord = {
  kind: "command",
  manifest: [],
  section: "common",
  offset: 0,
  component: 0,
  measured: {},
};

export const isBeforeCommands = ({ manifest, section, offset }: CommandRecord): boolean =>
  manifest.length === 0 && section === "common" && offset === 0;
