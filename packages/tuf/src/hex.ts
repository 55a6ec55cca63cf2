import { hexToBytes } from "@sumac/crypto";

/** The bytes, or undefined if `text` is not an even number of hex digits. Either case: signers differ. */
export const decodeHex = (text: string): Uint8Array | undefined =>
  text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? hexToBytes(text) : undefined;
