import { bytesToHex } from "@sumac/crypto";
import type { Parameters } from "./command.ts";
import { describeIndex, type IndexSpace } from "./describe-component.ts";
import { formatUuid } from "./identity.ts";
import type { SuitDigest } from "./manifest.ts";
import { quote } from "./quote.ts";
import { formatVersion, type VersionComparison } from "./update-management-14/version.ts";
import { utcTime } from "./utc-time.ts";

/** Bytes of a byte-string parameter that are shown; digests and identifiers are always shown in full. */
const maxBytesShown = 64;

export const describeDigest = (digest: SuitDigest): string => `${digest.algorithm} ${bytesToHex(digest.bytes)}`;

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0 bytes";
  const cut = bytes.length > maxBytesShown ? " ..." : "";
  return `${bytes.length} bytes, ${bytesToHex(bytes.subarray(0, maxBytesShown))}${cut}`;
}

type Describe<T> = (value: T, space: IndexSpace) => string;

const identifier: Describe<Uint8Array> = (id) =>
  id.length === 16 ? formatUuid(id) : `private enterprise number, encoded ${bytesToHex(id)}`;

type Given = { readonly [Name in keyof Parameters]-?: NonNullable<Parameters[Name]> };

/** One row a parameter, so that none can be set without being told. */
const describers: { readonly [Name in keyof Given]: Describe<Given[Name]> } = {
  vendorIdentifier: (id, space) => `vendor identifier: ${identifier(id, space)}`,
  classIdentifier: (id, space) => `class identifier: ${identifier(id, space)}`,
  deviceIdentifier: (id, space) => `device identifier: ${identifier(id, space)}`,
  imageDigest: (digest) => `image digest: ${describeDigest(digest)}`,
  imageSize: (size) => `image size: ${size} bytes`,
  useBefore: (seconds) => `use before: ${describeTime(seconds)}`,
  componentSlot: (slot) => `slot: ${slot}`,
  strictOrder: (strict) => (strict ? "order: strict" : "order: the commands that follow may be reordered"),
  softFailure: (soft) =>
    soft ? "on a failed condition: end only this sequence" : "on a failed condition: end the whole procedure",
  content: (bytes) => `content: ${describeBytes(bytes)}`,
  uri: (uri) => `uri: ${quote(uri)}`,
  sourceComponent: (index, space) => `source: ${describeIndex(index, space)}`,
  invokeArgs: (bytes) => `arguments of invoke: ${describeBytes(bytes)}`,
  fetchArguments: (bytes) => `arguments of fetch: ${describeBytes(bytes)}`,
  encryptionInfo: (bytes) => `encryption: ${describeBytes(bytes)}`,
  updatePriority: (priority) => `priority: ${priority} (smaller is more urgent)`,
  version: ({ comparison, version }) => `version: ${comparisonWords[comparison]} ${formatVersion(version)}`,
};

const comparisonWords: Readonly<Record<VersionComparison, string>> = {
  greater: "above",
  "greater-or-equal": "at least",
  equal: "exactly, as far as it is given,",
  "less-or-equal": "at most",
  less: "below",
};

/** One line a parameter. */
export function describeParameters(parameters: Parameters, space: IndexSpace): readonly string[] {
  const given: Partial<Given> = parameters;
  const line = <Name extends keyof Given>(name: Name): string[] => {
    const value: Given[Name] | undefined = given[name];
    return value === undefined ? [] : [describers[name](value, space)];
  };
  return (Object.keys(describers) as (keyof Given)[]).flatMap(line);
}

/** The last second that a calendar date can name; beyond it only the number is shown. */
const lastDate = 253402300799n;

function describeTime(seconds: bigint): string {
  const date = seconds <= lastDate ? ` (${utcTime(seconds)})` : "";
  return `${seconds} seconds since 1970${date}`;
}
