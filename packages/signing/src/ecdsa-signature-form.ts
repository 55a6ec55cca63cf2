import { concatBytes } from "@sumac/crypto";

/**
 * The r || s form of an ECDSA signature in DER (RFC 3279 2.2.3), which key services answer with; `size` is the length of
 * each half in bytes, 32 for P-256. Undefined for anything but the one DER form of two positive integers that fit.
 */
export function rawFromDer(der: Uint8Array, size: number): Uint8Array | undefined {
  const body = contentOf(der, 0, 0x30);
  if (body === undefined || body.end !== der.length) return undefined;
  const r = contentOf(der, body.start, 0x02);
  const s = r === undefined ? undefined : contentOf(der, r.end, 0x02);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const halves = [r, s].map(({ start, end }) => unsigned(der.subarray(start, end), size));
  const [first, second] = halves;
  return first === undefined || second === undefined ? undefined : concatBytes(first, second);
}

/** An element's content. Lengths over 127 take one byte more (P-521 needs it for the sequence), written only then. */
function contentOf(
  der: Uint8Array,
  at: number,
  tag: number,
): { readonly start: number; readonly end: number } | undefined {
  if (der[at] !== tag) return undefined;
  const first = der[at + 1] ?? 0x80;
  const length = first === 0x81 ? (der[at + 2] ?? 0) : first;
  if (first > 0x81 || first === 0x80 || (first === 0x81 && length < 0x80)) return undefined;
  const start = at + (first === 0x81 ? 3 : 2);
  return start + length > der.length ? undefined : { start, end: start + length };
}

/** A positive DER integer as `size` bytes; one written longer than needed is no DER. */
function unsigned(integer: Uint8Array, size: number): Uint8Array | undefined {
  const [first, second = 0] = integer;
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && second < 0x80) return undefined;
  const digits = first === 0 ? integer.subarray(1) : integer;
  if (digits.length > size) return undefined;
  const padded = new Uint8Array(size);
  padded.set(digits, size - digits.length);
  return padded;
}
