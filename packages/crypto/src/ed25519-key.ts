import { toInteger } from "./big-endian.ts";
import type { KeyFault } from "./key-fault.ts";

const ed25519Prime = 2n ** 255n - 19n;

/**
 * The y coordinates of the eight points of small order (orders 1, 2, 4, 4, and four times 8). With such a key one
 * signature fits many messages, and whoever places the key needs no secret to sign.
 */
const smallOrderY: ReadonlySet<bigint> = new Set([
  1n,
  ed25519Prime - 1n,
  0n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  ed25519Prime - 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);

export function ed25519Fault(bytes: Uint8Array): KeyFault | undefined {
  if (bytes.length !== 32) return "wrong-length";
  // RFC 8032 5.1.3: little-endian y, the top bit is the sign of x.
  const y = toInteger(bytes.toReversed()) & ((1n << 255n) - 1n);
  // The same point must not have two encodings, hence two key ids.
  if (y >= ed25519Prime) return "not-a-point";
  return smallOrderY.has(y) ? "weak-key" : undefined;
}
