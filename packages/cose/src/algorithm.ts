import type { SignatureScheme } from "@sumac/crypto";

/** A COSE algorithm that Sumac can verify. */
export interface Algorithm {
  readonly id: number;
  readonly name: string;
  readonly scheme: SignatureScheme;
  /** Deprecated by RFC 9864: accepted only where the trust record says so, never written. */
  readonly status: "current" | "legacy";
}

/** IANA COSE Algorithms registry, the rows Sumac knows. docs/spec/ prints this table, and a test compares the two. */
export const algorithms: readonly Algorithm[] = [
  { id: -7, name: "ES256", scheme: "ecdsa-p256-sha256", status: "legacy" },
  { id: -8, name: "EdDSA", scheme: "ed25519", status: "legacy" },
  { id: -9, name: "ESP256", scheme: "ecdsa-p256-sha256", status: "current" },
  { id: -19, name: "Ed25519", scheme: "ed25519", status: "current" },
  { id: -49, name: "ML-DSA-65", scheme: "ml-dsa-65", status: "current" },
  { id: -50, name: "ML-DSA-87", scheme: "ml-dsa-87", status: "current" },
  { id: -51, name: "ESP384", scheme: "ecdsa-p384-sha384", status: "current" },
];

export const algorithmById = (id: number | bigint): Algorithm | undefined => algorithms.find((a) => a.id === id);

/** The algorithm to write for a key: the current one of its scheme. */
export function algorithmForScheme(scheme: SignatureScheme): Algorithm {
  const found = algorithms.find((a) => a.scheme === scheme && a.status === "current");
  if (found === undefined) throw new Error(`no COSE algorithm for ${scheme}`);
  return found;
}
