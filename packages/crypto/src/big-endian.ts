export const toInteger = (bigEndian: Uint8Array): bigint =>
  bigEndian.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
