import { createPrivateKey, createPublicKey } from "node:crypto";
import { keyId, parsePublicKeyDer } from "@sumac/cose";
import { agreementKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import { readWhole } from "./bound-read.ts";
import type { CommandContext } from "./command.ts";
import { malformedInput } from "./failure.ts";
import { requireSecretFile } from "./secret-file.ts";

const maxKeyFileBytes = 16_384;

/** Reads the private key (P-256, unencrypted PEM) of a device that payloads are encrypted for. */
export async function readDecryptionKey(name: string, { io }: CommandContext): Promise<RecipientKey> {
  requireSecretFile(io, "decryption-key", name);
  const pem = await readWhole(io, name, "a private key in PEM", maxKeyFileBytes);
  try {
    return fromPem(Buffer.from(pem));
  } catch {
    // What OpenSSL says may hold parts of the key.
    throw malformedInput(
      "decryption-key-invalid",
      "the file of --decryption-key holds no unencrypted P-256 private key in PEM",
      "give the device's own key, such as `openssl ecparam -name prime256v1 -genkey` makes",
    );
  } finally {
    pem.fill(0);
  }
}

function fromPem(pem: Buffer): RecipientKey {
  const key = createPrivateKey({ key: pem, format: "pem" });
  pem.fill(0);
  const parsed = parsePublicKeyDer(new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" })));
  if (!parsed.ok || parsed.value.scheme !== "ecdsa-p256-sha256") throw new Error("not P-256");
  const { d } = key.export({ format: "jwk" });
  if (d === undefined) throw new Error("no scalar");
  const scalar = new Uint8Array(Buffer.from(d, "base64url"));
  const decryptionKey = agreementKey(keyId(parsed.value, nodeCrypto), scalar, nodeDecryption);
  scalar.fill(0);
  return decryptionKey;
}
