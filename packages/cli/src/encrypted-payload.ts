import { keyId } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import type { PayloadRecipient } from "@sumac/signing";
import { defaultLimits, firmwareEncryption24, type Limits } from "@sumac/suit";
import type { Io } from "./io.ts";
import { readPublicKey } from "./public-key-file.ts";

/** For those who were told that a payload is encrypted; to everybody else it is not supported. */
export const encryptionLimits: Limits = { ...defaultLimits, extensions: [firmwareEncryption24] };

/** P-256 public keys of those who may read the payload; each goes by its key id. */
export async function readRecipients(io: Io, files: readonly string[]): Promise<readonly PayloadRecipient[]> {
  const recipients: PayloadRecipient[] = [];
  for (const file of files) {
    const publicKey = await readPublicKey(io, file);
    recipients.push({ kind: "agreement", keyId: keyId(publicKey, nodeCrypto), publicKey });
  }
  return recipients;
}
