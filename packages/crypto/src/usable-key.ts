import type { PublicKey } from "./crypto.ts";

/** Why nobody may trust a public key: its bytes have no point of the right form, or a point that proves nothing. */
export type KeyFault = "wrong-length" | "compressed-point" | "not-a-point" | "weak-key";

/**
 * The fault of a public key, or undefined. Both implementations of `Crypto` ask before they verify, so that libraries
 * which are more lenient, each in its own way, give one answer.
 *
 * It does not find an Ed25519 key whose y has no x: that takes a square root, and such a key verifies nothing.
 */
export function keyFault(key: PublicKey): KeyFault | undefined {
  return key.scheme === "ed25519" ? ed25519Fault(key.bytes) : p256Fault(key.bytes);
}

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

function ed25519Fault(bytes: Uint8Array): KeyFault | undefined {
  if (bytes.length !== 32) return "wrong-length";
  // RFC 8032 5.1.3: little-endian y, the top bit is the sign of x.
  const y = toInteger(bytes.toReversed()) & ((1n << 255n) - 1n);
  // The same point must not have two encodings, hence two key ids.
  if (y >= ed25519Prime) return "not-a-point";
  return smallOrderY.has(y) ? "weak-key" : undefined;
}

/** Curve P-256 (FIPS 186-5, SP 800-186): y^2 = x^3 - 3x + b over the prime p. */
const p256Prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const p256B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function p256Fault(bytes: Uint8Array): KeyFault | undefined {
  // SEC 1, 2.3.3: 02 and 03 mark a compressed point, which would give one key two forms and two key ids.
  if (bytes.length === 33 && (bytes[0] === 2 || bytes[0] === 3)) return "compressed-point";
  if (bytes.length !== 65) return "wrong-length";
  if (bytes[0] !== 4) return "not-a-point";
  const x = toInteger(bytes.subarray(1, 33));
  const y = toInteger(bytes.subarray(33));
  if (x >= p256Prime || y >= p256Prime) return "not-a-point";
  return (y * y - (x * x * x - 3n * x + p256B)) % p256Prime === 0n ? undefined : "not-a-point";
}

const toInteger = (bigEndian: Uint8Array): bigint => bigEndian.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
