/** RFC 8949 3: the three high bits of an initial byte. */
export const majorType = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** The initial byte and the argument that follows it, as read from a position. */
export interface Head {
  readonly major: number;
  /** A `number` wherever it is a safe integer, else a `bigint`. */
  readonly argument: number | bigint;
  /** Where the head ends: the start of the content or of the first nested item. */
  readonly end: number;
}

export type HeadFault = "truncated" | "non-shortest" | "indefinite-length" | "reserved-information";

/** Reads the head of an item of major type 0 to 6 at `at`, which must lie inside `bytes`. */
export function readHead(bytes: Uint8Array, at: number): Head | HeadFault {
  const initial = bytes[at] as number;
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (info < 24) return { major, argument: info, end: at + 1 };
  if (info > 27) {
    // 31 means "indefinite" for strings, arrays and maps; integers and tags have no such form.
    const hasIndefiniteForm = major >= majorType.bytes && major <= majorType.map;
    return info === 31 && hasIndefiniteForm ? "indefinite-length" : "reserved-information";
  }
  const width = 1 << (info - 24);
  const end = at + 1 + width;
  if (end > bytes.length) return "truncated";
  let argument = 0;
  for (let i = at + 1; i < end; i++) argument = argument * 256 + (bytes[i] as number);
  // The least value that needs this width: everything below fits a shorter head (RFC 8949 4.2.1).
  if (argument < (width === 1 ? 24 : 2 ** (4 * width))) return "non-shortest";
  if (argument <= Number.MAX_SAFE_INTEGER) return { major, argument, end };
  return { major, argument: new DataView(bytes.buffer, bytes.byteOffset + at + 1).getBigUint64(0), end };
}

/** The shortest head for an argument from 0 to 2^64-1. */
export function writeHead(major: number, argument: number | bigint): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | Number(argument));
  const info = argument < 0x100 ? 24 : argument < 0x1_0000 ? 25 : argument < 0x1_0000_0000 ? 26 : 27;
  const width = 1 << (info - 24);
  const head = new Uint8Array(1 + width);
  head[0] = type | info;
  const view = new DataView(head.buffer);
  if (width === 8) view.setBigUint64(1, BigInt(argument));
  else if (width === 4) view.setUint32(1, Number(argument));
  else if (width === 2) view.setUint16(1, Number(argument));
  else head[1] = Number(argument);
  return head;
}
