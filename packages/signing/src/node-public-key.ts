import { err, ok, type Result } from "@sumac/cbor";
import { keyId, parsePublicKeyPem } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { KeyRefusal } from "./key-refusal.ts";
import { readSmallFile } from "./node-bounded-file.ts";
import { recogniseContent } from "./recognise-content.ts";

const maxFileBytes = 16 * 1024;

export interface PublicKeyFile {
  readonly path: string;
  readonly publicKey: PublicKey;
  readonly keyId: Uint8Array;
}

/** Reads a SubjectPublicKeyInfo PEM. A private key is refused by its own code: it is about to be handed out. */
export async function readPublicKey(path: string): Promise<Result<PublicKeyFile, KeyRefusal>> {
  const file = await readSmallFile(path, maxFileBytes);
  if (!file.ok) {
    if (file.error.code === "not-found") return err({ code: "key-not-found", path });
    return err({ code: "key-too-large", path, limit: maxFileBytes });
  }
  const { bytes } = file.value;
  const looksLike = recogniseContent(bytes) ?? "unknown";
  if (looksLike === "private-key" || looksLike === "encrypted-private-key" || looksLike === "age-file") {
    return err({ code: "private-key-given", path });
  }
  const publicKey = parsePublicKeyPem(new TextDecoder().decode(bytes));
  if (!publicKey.ok) return err({ code: "public-key-invalid", path, looksLike });
  return ok({ path, publicKey: publicKey.value, keyId: keyId(publicKey.value, nodeCrypto) });
}
