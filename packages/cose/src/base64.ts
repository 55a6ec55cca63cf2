/** RFC 4648 4, the form in PEM files: padded, no line breaks. Portable, because devices have neither Buffer nor atob. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += alphabet[(group >> shift) & 0x3f];
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - padding) + "=".repeat(padding);
}

/** The bytes, or undefined if `text` is not exactly what `encodeBase64` writes for them. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  for (let i = 0; i < bytes.length; i++) {
    const digit = Math.floor((i * 4) / 3);
    const pair = (alphabet.indexOf(digits[digit] ?? "") << 6) | alphabet.indexOf(digits[digit + 1] ?? "");
    bytes[i] = pair >> (4 - 2 * (i % 3));
  }
  // One comparison finds foreign characters, wrong padding and stray bits in the last digit.
  return encodeBase64(bytes) === text ? bytes : undefined;
}
