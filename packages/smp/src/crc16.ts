const polynomial = 0x1021;

const table: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ ((remainder & 0x8000) === 0 ? 0 : polynomial);
  return remainder;
});

/** CRC-16/XMODEM: not reflected, begins at 0. Over data with its CRC behind it the result is 0. */
export function crc16(bytes: Uint8Array): number {
  let remainder = 0;
  for (const byte of bytes) remainder = ((remainder << 8) & 0xffff) ^ (table[(remainder >> 8) ^ byte] ?? 0);
  return remainder;
}
