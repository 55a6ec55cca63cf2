import { concatBytes } from "@sumac/crypto";
import { type TlvName, tlvHeadLength, tlvName } from "./labels.ts";

export interface Tlv {
  /** Only the protected area is part of what is hashed and signed. */
  readonly area: "protected" | "unprotected";
  readonly type: number;
  /** undefined = a type that MCUboot has not assigned. */
  readonly name: TlvName | "vendor" | undefined;
  /** Of its type field, in the file. */
  readonly offset: number;
  readonly value: Uint8Array;
}

/**
 * The TLVs between two offsets, without the head of their area. A length that leads beyond the end is answered with the
 * offset of the TLV that has it.
 */
export function readTlvs(
  bytes: Uint8Array,
  from: number,
  to: number,
  area: Tlv["area"],
): readonly Tlv[] | { readonly overrunAt: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tlvs: Tlv[] = [];
  for (let at = from; at < to; ) {
    if (to - at < tlvHeadLength) return { overrunAt: at };
    const type = view.getUint16(at, true);
    const end = at + tlvHeadLength + view.getUint16(at + 2, true);
    if (end > to) return { overrunAt: at };
    tlvs.push({ area, type, name: tlvName(type), offset: at, value: bytes.subarray(at + tlvHeadLength, end) });
    at = end;
  }
  return tlvs;
}

/** An area with its head; empty if there is nothing in it. */
export function serializeTlvArea(magic: number, tlvs: readonly Pick<Tlv, "type" | "value">[]): Uint8Array {
  if (tlvs.length === 0) return new Uint8Array(0);
  const parts = tlvs.flatMap(({ type, value }) => [twoShorts(type, value.length), value]);
  const total = parts.reduce((sum, part) => sum + part.length, tlvHeadLength);
  return concatBytes(twoShorts(magic, total), ...parts);
}

function twoShorts(first: number, second: number): Uint8Array {
  if (second > 0xffff) throw new RangeError(`${second} does not fit 16 bits`);
  return Uint8Array.of(first & 0xff, first >> 8, second & 0xff, second >> 8);
}
