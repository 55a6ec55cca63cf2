/** RFC 3394 2.2.3.1: the initial value that unwrapping checks. */
export const keyWrapIv: Uint8Array = new Uint8Array(8).fill(0xa6);

/** The OpenSSL name of AES key wrap under a key of 16 or 32 bytes; throws `RangeError` on another length. */
export function keyWrapCipher(keyEncryptionKey: Uint8Array): string {
  if (keyEncryptionKey.length === 16) return "id-aes128-wrap";
  if (keyEncryptionKey.length === 32) return "id-aes256-wrap";
  throw new RangeError("a key encryption key has 16 or 32 bytes");
}
