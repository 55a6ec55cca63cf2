import { encode } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import type { SmpMap, SmpValue } from "./body.ts";
import { isMap } from "./reply.ts";

const indefiniteMap = 0xbf;
const indefiniteArray = 0x9f;
const end = 0xff;

/** `indefinite`: maps and arrays without a length, as small servers write them that do not know it beforehand. */
export type ReplyForm = "definite" | "indefinite";

/** Writes an answer, its members in the order given. Numbers must be whole (`RangeError` of the encoder). */
export function encodeReply(value: SmpMap, form: ReplyForm): Uint8Array {
  return concatBytes(...encodeValue(value, form));
}

function encodeValue(value: SmpValue, form: ReplyForm): Uint8Array[] {
  if (isArray(value))
    return wrap(
      value.flatMap((item) => encodeValue(item, form)),
      value.length,
      4,
      form,
    );
  if (!isMap(value)) return [encode(value)];
  const members = Object.entries(value);
  const parts = members.flatMap(([name, member]) => [encode(name), ...encodeValue(member, form)]);
  return wrap(parts, members.length, 5, form);
}

function wrap(parts: Uint8Array[], count: number, major: 4 | 5, form: ReplyForm): Uint8Array[] {
  if (form === "indefinite") {
    return [Uint8Array.of(major === 4 ? indefiniteArray : indefiniteMap), ...parts, Uint8Array.of(end)];
  }
  // The head of an array of that length is the head of a map of that length but for the kind.
  const head = count < 24 ? [count] : count < 256 ? [24, count] : [25, count >> 8, count & 0xff];
  return [Uint8Array.from(head, (byte, i) => (i === 0 ? (major << 5) | byte : byte)), ...parts];
}

const isArray = (value: SmpValue): value is readonly SmpValue[] => Array.isArray(value);
