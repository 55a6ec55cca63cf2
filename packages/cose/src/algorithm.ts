import type { SignatureScheme } from "@sumac/crypto";

/** A COSE algorithm that Sumac can verify. */
export interface Algorithm {
  readonly id: number;
  readonly name: string;
  readonly scheme: SignatureScheme;
  /** Deprecated by RFC 9864: accepted only where the trust record says so, never written. */
  readonly status: "current" | "legacy";
}

const row = (
  id: number,
  name: string,
  scheme: SignatureScheme,
  status: Algorithm["status"] = "current",
): Algorithm => ({
  id,
  name,
  scheme,
  status,
});

/** IANA COSE Algorithms registry, the rows Sumac knows. docs/spec/ prints this table, and a test compares the two. */
export const algorithms: readonly Algorithm[] = [
  row(-7, "ES256", "ecdsa-p256-sha256", "legacy"),
  row(-8, "EdDSA", "ed25519", "legacy"),
  row(-9, "ESP256", "ecdsa-p256-sha256"),
  row(-19, "Ed25519", "ed25519"),
  row(-49, "ML-DSA-65", "ml-dsa-65"),
  row(-50, "ML-DSA-87", "ml-dsa-87"),
  row(-51, "ESP384", "ecdsa-p384-sha384"),
];

export const algorithmById = (id: number | bigint): Algorithm | undefined => algorithms.find((a) => a.id === id);

/** The algorithm to write for a key: the current one of its scheme. */
export function algorithmForScheme(scheme: SignatureScheme): Algorithm {
  const found = algorithms.find((a) => a.scheme === scheme && a.status === "current");
  if (found === undefined) throw new Error(`no COSE algorithm for ${scheme}`);
  return found;
}
