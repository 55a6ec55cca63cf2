import { concatBytes } from "@sumac/crypto";

const integerTag = 0x02;
const sequenceTag = 0x30;

/** Raw r || s as the DER that MCUboot stores (RFC 3279 2.2.3): shortest integers, never negative. */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const integers = concatBytes(derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
  return concatBytes(Uint8Array.of(sequenceTag, integers.length), integers);
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return concatBytes(Uint8Array.of(integerTag, sign.length + digits.length), sign, digits);
}

/**
 * The inverse, for integers of up to `half` bytes; undefined = not that one DER form. Zero bytes after it are passed over:
 * older versions of the signing tool filled signatures up to a fixed length.
 */
export function rawFromDer(der: Uint8Array, half: number): Uint8Array | undefined {
  const length = der[1] ?? 0;
  const end = 2 + length;
  // More than 127 bytes would need another form of length; two integers of 32 or 48 bytes never do.
  if (der[0] !== sequenceTag || length >= 0x80 || end > der.length) return undefined;
  if (der.subarray(end).some((byte) => byte !== 0)) return undefined;
  const raw = new Uint8Array(2 * half);
  let at = 2;
  for (const to of [half, 2 * half]) {
    const integer = readInteger(der, at, end);
    if (integer === undefined || integer.length > half) return undefined;
    raw.set(integer, to - integer.length);
    at += 2 + (der[at + 1] ?? 0);
  }
  return at === end ? raw : undefined;
}

/** Without its sign byte. */
function readInteger(der: Uint8Array, at: number, end: number): Uint8Array | undefined {
  const length = der[at + 1] ?? 0;
  if (der[at] !== integerTag || length === 0 || at + 2 + length > end) return undefined;
  const bytes = der.subarray(at + 2, at + 2 + length);
  const [first = 0, second] = bytes;
  if (first >= 0x80) return undefined;
  if (first !== 0 || second === undefined) return bytes;
  return second >= 0x80 ? bytes.subarray(1) : undefined;
}
