/** The one file that knows cbor-x. Peers answer in CBOR of any form; what is signed never comes through here. */
import { type CborValue, encode, err, ok, type Result } from "@sumac/cbor";
import { Decoder } from "cbor-x";
import { type CborFault, findCborFault } from "./bounded-cbor.ts";

/** A value of a body as peers send it, once it has been looked at: nothing else comes out of `decodeBody`. */
export type SmpValue = string | number | bigint | boolean | null | Uint8Array | readonly SmpValue[] | SmpMap;

export interface SmpMap {
  readonly [name: string]: SmpValue;
}

export interface MalformedBody {
  readonly code: "malformed-body";
  readonly reason: CborFault | "not-a-map";
}

/** Requests are written in deterministic CBOR, members in the order given: peers with small readers expect lengths first. */
export function encodeBody(members: Readonly<Record<string, CborValue | undefined>>): Uint8Array {
  const present = Object.entries(members).filter((entry): entry is [string, CborValue] => entry[1] !== undefined);
  const head = present.length < 24 ? [0xa0 | present.length] : [0xb8, present.length];
  const parts = present.flatMap(([name, value]) => [encode(name), encode(value)]);
  const bytes = new Uint8Array(head.length + parts.reduce((sum, part) => sum + part.length, 0));
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Reads the body of an answer, of indefinite length or not. Members nobody asked for are kept; what is no map with text
 * keys, or holds a tag or a float, is refused. An empty body is an empty map.
 */
export function decodeBody(bytes: Uint8Array): Result<SmpMap, MalformedBody> {
  if (bytes.length === 0) return ok({});
  const fault = findCborFault(bytes);
  if (fault !== undefined) return err({ code: "malformed-body", reason: fault });
  let value: unknown;
  try {
    value = new Decoder({ mapsAsObjects: false, useRecords: false, copyBuffers: true }).decode(bytes);
  } catch {
    return err({ code: "malformed-body", reason: "not-cbor" });
  }
  if (!(value instanceof Map)) return err({ code: "malformed-body", reason: "not-a-map" });
  const converted = convert(value);
  return converted === undefined ? err({ code: "malformed-body", reason: "not-allowed" }) : ok(converted as SmpMap);
}

/** undefined = something that has no place in a body. */
function convert(value: unknown): SmpValue | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  // A small number in a wide head comes as a bigint; it is the same number.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) {
    const items = value.map(convert);
    return items.includes(undefined) ? undefined : (items as SmpValue[]);
  }
  if (!(value instanceof Map)) return undefined;
  // Without a prototype: a peer may call a member whatever it likes.
  const map: Record<string, SmpValue> = Object.create(null);
  for (const [name, member] of value) {
    const converted = convert(member);
    if (typeof name !== "string" || converted === undefined) return undefined;
    map[name] = converted;
  }
  return map;
}
