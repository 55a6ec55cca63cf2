import { toInteger } from "./big-endian.ts";
import type { KeyFault } from "./key-fault.ts";

/** y^2 = x^3 - 3x + b over a prime, with coordinates of `size` bytes (SP 800-186). */
export interface Curve {
  readonly size: number;
  readonly prime: bigint;
  readonly b: bigint;
}

export const curveP256: Curve = {
  size: 32,
  prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};
export const curveP384: Curve = {
  size: 48,
  prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
};

export function curveFault(bytes: Uint8Array, { size, prime, b }: Curve): KeyFault | undefined {
  // SEC 1, 2.3.3: 02 and 03 mark a compressed point, which would give one key two forms and two key ids.
  if (bytes.length === 1 + size && (bytes[0] === 2 || bytes[0] === 3)) return "compressed-point";
  if (bytes.length !== 1 + 2 * size) return "wrong-length";
  if (bytes[0] !== 4) return "not-a-point";
  const x = toInteger(bytes.subarray(1, 1 + size));
  const y = toInteger(bytes.subarray(1 + size));
  if (x >= prime || y >= prime) return "not-a-point";
  return (y * y - (x * x * x - 3n * x + b)) % prime === 0n ? undefined : "not-a-point";
}
