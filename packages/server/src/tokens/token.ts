import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What a bearer of the publish API may do; `gateway` speaks DDI for many devices and nothing else. */
export const tokenRoles = ["publish", "read", "device-admin", "gateway"] as const;

export type TokenRole = (typeof tokenRoles)[number];

/** 32 random bytes, base64url: 43 characters, within the 32 to 128 that DDI clients accept. */
export const mintToken = (): string => randomBytes(32).toString("base64url");

/** What is stored. A plain digest is enough: the token is random, so there is nothing to guess. */
export const tokenHash = (token: string): string => createHash("sha256").update(token).digest("hex");

/** Compares in constant time. `stored` undefined (no such device) takes as long and is always false. */
export function tokenMatches(token: string, stored: string | undefined): boolean {
  const presented = Buffer.from(tokenHash(token), "hex");
  const expected = stored === undefined ? Buffer.alloc(32) : Buffer.from(stored, "hex");
  return timingSafeEqual(presented, expected) && stored !== undefined;
}

/** The credentials of an `Authorization` header with this scheme, or undefined. */
export function credentials(
  header: string | undefined,
  scheme: "Bearer" | "GatewayToken" | "TargetToken",
): string | undefined {
  if (header === undefined || header.length > 256) return undefined;
  const match = /^([A-Za-z]+) ([A-Za-z0-9._~+/=-]{16,128})$/.exec(header);
  return match?.[1]?.toLowerCase() === scheme.toLowerCase() ? match[2] : undefined;
}
