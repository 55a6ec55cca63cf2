/** A SUIT sequence number (0 to 2^64-1) as text that sorts like the number, in any database. */
export const sequenceKey = (sequence: bigint): string => sequence.toString().padStart(20, "0");

/** Back to plain decimal digits, as the APIs show it: JSON numbers would round beyond 2^53. */
export const sequenceText = (key: string): string => BigInt(key).toString();

/** A sequence number as a device reports it; undefined for anything but decimal digits within 64 bits. */
export function parseSequence(text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}
