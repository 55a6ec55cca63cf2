import type { KeyFault } from "./key-fault.ts";

/**
 * FIPS 204 gives every byte string of the right length a meaning, but memory that nobody wrote must not be a key. If t1
 * (all after the 32 bytes of rho) is 0 throughout, or 1023 (which 0xff says, and 1023 * 2^13 = -1 modulo q), then
 * c * t1 * 2^13 is lost in rounding: z = 0 without hints, with c~ = H(mu, w1 = 0), is a signature of any message.
 */
export function mlDsaFault(bytes: Uint8Array, length: number): KeyFault | undefined {
  if (bytes.length !== length) return "wrong-length";
  const t1 = bytes.subarray(32);
  return t1.every((byte) => byte === 0) || t1.every((byte) => byte === 0xff) ? "weak-key" : undefined;
}
