import { readFileSync } from "node:fs";
import path from "node:path";
import { parsePublicKeyPem } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";

/** A TEST ONLY public key of `firmware-fixtures/keys`. */
export function testPublicKey(name: string): PublicKey {
  const folder = path.resolve(import.meta.dirname, "../../firmware-fixtures/keys");
  const key = parsePublicKeyPem(readFileSync(path.join(folder, `${name}.test-only.public.pem`), "utf8"));
  if (!key.ok) throw new Error(key.error.code);
  return key.value;
}
