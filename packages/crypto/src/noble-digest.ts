import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { DigestName, RunningDigest } from "./crypto.ts";

const digests: Record<DigestName, { create(): RunningDigest }> = {
  "sha-256": sha256,
  "sha-384": sha384,
  "sha-512": sha512,
};

export function startNobleDigest(name: DigestName): RunningDigest {
  const hash = digests[name].create();
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
}
