const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const codes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
const padding = 0x3d;
const none = 0xff;
const values = new Uint8Array(256).fill(none);
for (const [value, code] of codes.entries()) values[code] = value;

/** Base64 (RFC 4648 4) as ASCII bytes, with padding: what goes onto the line, without a detour over text. */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const rest = bytes.length - from;
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    text[to] = codes[group >> 18] ?? none;
    text[to + 1] = codes[(group >> 12) & 63] ?? none;
    if (rest > 1) text[to + 2] = codes[(group >> 6) & 63] ?? none;
    if (rest > 2) text[to + 3] = codes[group & 63] ?? none;
  }
  return text;
}

/** undefined = another character, padding elsewhere than at the end, or no multiple of four. */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padded = text.at(-1) === padding ? (text.at(-2) === padding ? 2 : 1) : 0;
  const bytes = new Uint8Array((text.length / 4) * 3);
  const letters = text.length - padded;
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    let group = 0;
    for (let i = from; i < from + 4; i++) {
      const value = i < letters ? (values[text[i] ?? 0] ?? none) : 0;
      if (value === none) return undefined;
      group = (group << 6) | value;
    }
    bytes[to] = group >> 16;
    bytes[to + 1] = (group >> 8) & 0xff;
    bytes[to + 2] = group & 0xff;
  }
  return bytes.subarray(0, bytes.length - padded);
}
