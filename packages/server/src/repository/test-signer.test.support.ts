import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { keyId, parsePublicKeyDer } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import type { MetadataSigner } from "@sumac/tuf/writer";
import type { CheckTarget } from "./check-target.ts";

/** TEST ONLY: with the private key in memory, so that a test can hand it to another process. */
export interface TestSigner extends MetadataSigner {
  readonly privateKey: KeyObject;
}

export const testSigner = (): TestSigner => signerOf(generateKeyPairSync("ed25519").privateKey);

export function signerOf(privateKey: KeyObject): TestSigner {
  const parsed = parsePublicKeyDer(new Uint8Array(createPublicKey(privateKey).export({ type: "spki", format: "der" })));
  if (!parsed.ok) throw new Error(parsed.error.code);
  return {
    privateKey,
    keyId: keyId(parsed.value, nodeCrypto),
    publicKey: parsed.value,
    sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

/** Envelopes of these tests are any bytes. */
export const anyTarget: CheckTarget = () => ({ ok: true, value: "listed" });
