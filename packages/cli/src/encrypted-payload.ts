import { keyId } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { PayloadRecipient } from "@sumac/signing";
import { defaultLimits, firmwareEncryption24, type Limits, type SuitDigest } from "@sumac/suit";
import type { Io } from "./io.ts";
import { readPublicKey } from "./public-key-file.ts";

/** For those who were told that a payload is encrypted; to everybody else it is not supported. */
export const encryptionLimits: Limits = { ...defaultLimits, extensions: [firmwareEncryption24] };

/** Named after its content, so that the same name is always the same payload. */
export const payloadFileName = ({ algorithm, bytes }: SuitDigest): string =>
  `${algorithm.replace("-", "")}-${bytesToHex(bytes)}.bin`;

/** P-256 public keys of those who may read the payload; each goes by its key id. */
export async function readRecipients(io: Io, files: readonly string[]): Promise<readonly PayloadRecipient[]> {
  const recipients: PayloadRecipient[] = [];
  for (const file of files) {
    const publicKey = await readPublicKey(io, file);
    recipients.push({ kind: "agreement", keyId: keyId(publicKey, nodeCrypto), publicKey });
  }
  return recipients;
}
