/**
 * TUF carries ECDSA signatures as DER (RFC 3279 2.2.3), the Crypto port takes r || s. Both directions know strict DER
 * only: a second spelling of one signature would be a second signature.
 */
export function rawEcdsaSignature(der: Uint8Array, size: number): Uint8Array | undefined {
  // Both numbers are short, so every length is one byte.
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 0x81) return undefined;
  const r = derInteger(der, 2, size);
  if (r === undefined) return undefined;
  const s = derInteger(der, r.end, size);
  if (s === undefined || s.end !== der.length) return undefined;
  const raw = new Uint8Array(2 * size);
  raw.set(r.bytes, size - r.bytes.length);
  raw.set(s.bytes, 2 * size - s.bytes.length);
  return raw;
}

function derInteger(der: Uint8Array, at: number, size: number): { bytes: Uint8Array; end: number } | undefined {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length === 0 || end > der.length) return undefined;
  const first = der[at + 2] ?? 0;
  const second = der[at + 3] ?? 0;
  if (first >= 0x80) return undefined; // negative
  if (first === 0 && length > 1 && second < 0x80) return undefined; // a zero too many
  const bytes = der.subarray(first === 0 ? at + 3 : at + 2, end);
  return bytes.length > size ? undefined : { bytes, end };
}

/** r || s as DER. */
export function derEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const r = positiveInteger(raw.subarray(0, half));
  const s = positiveInteger(raw.subarray(half));
  return new Uint8Array([0x30, r.length + s.length, ...r, ...s]);
}

function positiveInteger(bytes: Uint8Array): number[] {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? [0] : [...bytes.subarray(start)];
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
