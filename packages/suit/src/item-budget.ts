/**
 * Where the first data item stands that goes over the budget; undefined = they are all within it, or the bytes are
 * malformed before that, which the decoder will name. Walks over heads without keeping anything: a decoded item takes
 * some hundred times the byte that it may cost in a file, so they are counted before any is made.
 */
export function firstItemBeyond(bytes: Uint8Array, budget: number): number | undefined {
  let at = 0;
  for (let items = 0; at < bytes.length; items++) {
    if (items === budget) return at;
    const initial = bytes[at] as number;
    const argument = readArgument(bytes, at + 1, initial & 0x1f);
    if (argument === undefined) return undefined;
    const isString = initial >> 5 === 2 || initial >> 5 === 3;
    at = argument.end + (isString ? argument.value : 0);
  }
  return undefined;
}

/** The argument of a head (RFC 8949 3); undefined where it is cut short or reserved. */
function readArgument(
  bytes: Uint8Array,
  start: number,
  info: number,
): { readonly value: number; readonly end: number } | undefined {
  if (info < 24) return { value: info, end: start };
  const width = 1 << (info - 24);
  if (width > 8 || start + width > bytes.length) return undefined;
  let value = 0;
  for (const byte of bytes.subarray(start, start + width)) value = value * 256 + byte;
  return { value, end: start + width };
}
