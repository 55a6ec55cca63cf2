import { bytesToHex } from "@sumac/crypto";
import type { Parameters } from "./command.ts";
import { describeIndex, type IndexSpace } from "./describe-component.ts";
import { describeSize } from "./describe-size.ts";
import { type DescribedLine, line, type ReceivedAt } from "./described-line.ts";
import { parseEncryptionInfo } from "./encryption-info.ts";
import { formatIdentifier } from "./identity.ts";
import type { SuitDigest } from "./manifest.ts";
import { parameterName } from "./parameter-name.ts";
import type { ParameterName } from "./parse-parameters.ts";
import { quote } from "./quote.ts";
import { formatVersionMatch } from "./update-management-14/version.ts";
import { utcTime } from "./utc-time.ts";

/** Bytes of a byte-string parameter that are shown; digests and identifiers are always shown in full. */
const maxBytesShown = 64;

export const describeDigest = (digest: SuitDigest): string => `${digest.algorithm} ${bytesToHex(digest.bytes)}`;

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0 bytes";
  const cut = bytes.length > maxBytesShown ? " ..." : "";
  const shown = bytes.subarray(0, maxBytesShown);
  const text = readable(shown);
  return `${bytes.length} bytes, ${bytesToHex(shown)}${cut}${text === undefined ? "" : ` = ${quote(text)}${cut}`}`;
}

/** What is plain ASCII is also shown as text: arguments of a command are to be read, not decoded in the head. */
function readable(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

type Describe<T> = (value: T, space: IndexSpace) => string;

const identifier: Describe<Uint8Array> = (id) =>
  id.length === 16 ? formatIdentifier(id) : `private enterprise number, encoded ${formatIdentifier(id)}`;

type Given = { readonly [Name in keyof Parameters]-?: NonNullable<Parameters[Name]> };

/** One row a parameter, so that none can be set without being told. */
const describers: { readonly [Name in keyof Given]: Describe<Given[Name]> } = {
  vendorIdentifier: (id, space) => `vendor identifier: ${identifier(id, space)}`,
  classIdentifier: (id, space) => `class identifier: ${identifier(id, space)}`,
  deviceIdentifier: (id, space) => `device identifier: ${identifier(id, space)}`,
  imageDigest: (digest) => `image digest: ${describeDigest(digest)}`,
  imageSize: (size) => `image size: ${describeSize(size)}`,
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
  encryptionInfo: (bytes) => `encryption: ${describeEncryption(bytes)}`,
  updatePriority: (priority) => `priority: ${priority} (smaller is more urgent)`,
  version: (match) => `version: ${formatVersionMatch(match)}`,
};

/** One line a parameter; `spans` are the bytes that say it. */
export function parameterLines(
  parameters: Parameters,
  space: IndexSpace,
  spans: ReadonlyMap<ParameterName, ReceivedAt>,
): readonly DescribedLine[] {
  const given: Partial<Given> = parameters;
  const one = <Name extends keyof Given>(name: Name): DescribedLine[] => {
    const value: Given[Name] | undefined = given[name];
    return value === undefined ? [] : [line(describers[name](value, space), spans.get(parameterName[name]))];
  };
  return (Object.keys(describers) as (keyof Given)[]).flatMap(one);
}

/** For whom and by what; one that cannot be read is told as bytes, whoever decrypts will refuse it. */
function describeEncryption(bytes: Uint8Array): string {
  const parsed = parseEncryptionInfo(bytes, 0);
  if (!parsed.ok) return `not understood, ${describeBytes(bytes)}`;
  const { algorithm, recipients } = parsed.value;
  const readers = recipients.map(({ keyId }) =>
    keyId === undefined ? "a key without id" : `key ${bytesToHex(keyId.subarray(0, maxBytesShown))}`,
  );
  return `${algorithm.name}, readable with ${readers.join(" or ")}`;
}

/** The last second that a calendar date can name; beyond it only the number is shown. */
const lastDate = 253402300799n;

/** UTC first: the number behind it is what is signed. */
export function describeTime(seconds: bigint): string {
  const signed = `${seconds} seconds since 1970`;
  return seconds > lastDate ? signed : `${utcTime(seconds)} (${signed})`;
}

/** One line a parameter, of parameters that came from elsewhere than a command: what a device measured. */
export const describeParameters = (parameters: Parameters, space: IndexSpace): readonly string[] =>
  parameterLines(parameters, space, new Map()).map(({ text }) => text);
