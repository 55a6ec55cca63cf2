import { err, ok, type Result } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import { type SmpOperation, type SmpVersion, smpHeaderLength, smpOperation, smpVersionBits } from "./labels.ts";

/** Header and body of one message; big endian on the wire. */
export interface SmpMessage {
  readonly version: SmpVersion;
  readonly operation: SmpOperation;
  /** 0 to 65,535. */
  readonly group: number;
  /** 0 to 255; an answer repeats that of its request. */
  readonly sequence: number;
  /** 0 to 255: the command within its group. */
  readonly id: number;
  /** A CBOR map in groups below 64; empty = no body at all. */
  readonly body: Uint8Array;
}

/** Bytes that are no SMP message. Offsets count from its first byte. */
export interface MalformedMessage {
  readonly code: "malformed-message";
  readonly reason: "truncated" | "trailing-bytes" | "reserved-bits" | "unknown-version" | "unknown-operation";
  readonly offset: number;
}

const longestBody = 0xffff;

/** Throws `RangeError` for a body that no header can announce. */
export function serializeMessage({ version, operation, group, sequence, id, body }: SmpMessage): Uint8Array {
  if (body.length > longestBody) throw new RangeError(`a body of ${body.length} bytes`);
  const first = (smpVersionBits[version] << 3) | smpOperation[operation];
  const header = [first, 0, body.length >> 8, body.length & 0xff, group >> 8, group & 0xff, sequence, id];
  return concatBytes(Uint8Array.from(header), body);
}

/** What the header alone says, for framings that have no other end of a message; undefined = it is not whole yet. */
export const announcedLength = (bytes: Uint8Array): number | undefined =>
  bytes.length < smpHeaderLength ? undefined : smpHeaderLength + bodyLength(bytes);

/** Reads exactly one message. */
export function parseMessage(bytes: Uint8Array): Result<SmpMessage, MalformedMessage> {
  const refuse = (reason: MalformedMessage["reason"], offset: number): Result<never, MalformedMessage> =>
    err({ code: "malformed-message", reason, offset });
  const [first = 0, flags = 0, , , groupHigh = 0, groupLow = 0, sequence = 0, id = 0] = bytes;
  if (bytes.length < smpHeaderLength) return refuse("truncated", bytes.length);
  if (first >> 5 !== 0) return refuse("reserved-bits", 0);
  const version = versions.find((candidate) => smpVersionBits[candidate] === ((first >> 3) & 0b11));
  if (version === undefined) return refuse("unknown-version", 0);
  const operation = operations.find((candidate) => smpOperation[candidate] === (first & 0b111));
  if (operation === undefined) return refuse("unknown-operation", 0);
  if (flags !== 0) return refuse("reserved-bits", 1);
  const end = smpHeaderLength + bodyLength(bytes);
  if (end > bytes.length) return refuse("truncated", bytes.length);
  if (end < bytes.length) return refuse("trailing-bytes", end);
  return ok({
    version,
    operation,
    group: (groupHigh << 8) | groupLow,
    sequence,
    id,
    body: bytes.subarray(smpHeaderLength),
  });
}

const versions: readonly SmpVersion[] = [1, 2];
const operations = Object.keys(smpOperation) as readonly SmpOperation[];
const bodyLength = (bytes: Uint8Array): number => ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
