import { bytesToHex } from "@sumac/crypto";
import type { Parameters } from "./command.ts";
import { describeIndex } from "./describe-component.ts";
import { formatUuid } from "./identity.ts";
import type { ComponentId, SuitDigest } from "./manifest.ts";
import { quote } from "./quote.ts";
import { utcTime } from "./utc-time.ts";

/** Bytes of a byte-string parameter that are shown; digests and identifiers are always shown in full. */
const maxBytesShown = 64;

export const describeDigest = (digest: SuitDigest): string => `${digest.algorithm} ${bytesToHex(digest.bytes)}`;

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0 bytes";
  const cut = bytes.length > maxBytesShown ? " ..." : "";
  return `${bytes.length} bytes, ${bytesToHex(bytes.subarray(0, maxBytesShown))}${cut}`;
}

type Describe<T> = (value: T, components: readonly ComponentId[]) => string;

const identifier: Describe<Uint8Array> = (id) =>
  id.length === 16 ? formatUuid(id) : `private enterprise number, encoded ${bytesToHex(id)}`;

type Given = { readonly [Name in keyof Parameters]-?: NonNullable<Parameters[Name]> };

/** One row a parameter, so that none can be set without being told. */
const describers: { readonly [Name in keyof Given]: Describe<Given[Name]> } = {
  vendorIdentifier: (id, components) => `vendor identifier: ${identifier(id, components)}`,
  classIdentifier: (id, components) => `class identifier: ${identifier(id, components)}`,
  deviceIdentifier: (id, components) => `device identifier: ${identifier(id, components)}`,
  imageDigest: (digest) => `image digest: ${describeDigest(digest)}`,
  imageSize: (size) => `image size: ${size} bytes`,
  useBefore: (seconds) => `use before: ${describeTime(seconds)}`,
  componentSlot: (slot) => `slot: ${slot}`,
  strictOrder: (strict) => (strict ? "order: strict" : "order: the commands that follow may be reordered"),
  softFailure: (soft) =>
    soft ? "on a failed condition: end only this sequence" : "on a failed condition: end the whole procedure",
  content: (bytes) => `content: ${describeBytes(bytes)}`,
  uri: (uri) => `uri: ${quote(uri)}`,
  sourceComponent: (index, components) => `source: ${describeIndex(index, components)}`,
  invokeArgs: (bytes) => `arguments of invoke: ${describeBytes(bytes)}`,
  fetchArguments: (bytes) => `arguments of fetch: ${describeBytes(bytes)}`,
};

/** One line a parameter. */
export function describeParameters(parameters: Parameters, components: readonly ComponentId[]): readonly string[] {
  const given: Partial<Given> = parameters;
  const line = <Name extends keyof Given>(name: Name): string[] => {
    const value: Given[Name] | undefined = given[name];
    return value === undefined ? [] : [describers[name](value, components)];
  };
  return (Object.keys(describers) as (keyof Given)[]).flatMap(line);
}

/** The last second that a calendar date can name; beyond it only the number is shown. */
const lastDate = 253402300799n;

function describeTime(seconds: bigint): string {
  const date = seconds <= lastDate ? ` (${utcTime(seconds)})` : "";
  return `${seconds} seconds since 1970${date}`;
}
