import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  encryptedSteps,
  type Rejection,
  type StagingSlot,
  stageEncryptedImage,
  type VerifiedUpdate,
} from "@sumac/verifier";
import type { CommandContext } from "./command.ts";
import { readDecryptionKey } from "./decryption-key-file.ts";
import { exitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { fileChunks, oneChunk } from "./file-chunks.ts";

/**
 * Decrypts every encrypted image of an update as a device would, and keeps nothing: with a wrong key the first byte is
 * never asked for. Answers with the URIs whose payload was found to hold the signed image.
 */
export async function decryptPayloadFiles(
  update: VerifiedUpdate,
  files: ReadonlyMap<string, string>,
  keyFile: string,
  context: CommandContext,
): Promise<ReadonlySet<string> | Rejection> {
  const keys = [await readDecryptionKey(keyFile, context)];
  const steps = encryptedSteps(update);
  if (!steps.ok) return steps.error;
  const decrypted = new Set<string>();
  for (const encrypted of steps.value) {
    const { step, encryption } = encrypted;
    const { digest, size } = step.expected;
    if (size === undefined) throw sizeMissing(step.component);
    const uri = "fetch" in encrypted ? encrypted.fetch?.uri : undefined;
    const ciphertext = step.do === "write" ? oneChunk(step.content) : ciphertextOf(uri, update, files, context);
    if (ciphertext === undefined) continue;
    const staged = await stageEncryptedImage(
      {
        ciphertext,
        encryption,
        expectedCiphertext: "ciphertext" in encrypted ? encrypted.ciphertext : "matched",
        expected: { digest, size },
      },
      nowhere(size),
      { crypto: nodeCrypto, decryption: nodeDecryption, keys },
    );
    if (!staged.ok) return staged.error;
    if (uri !== undefined) decrypted.add(uri);
  }
  return decrypted;
}

/** From the envelope, or from the file that was given; undefined = none was. */
function ciphertextOf(
  uri: string | undefined,
  { envelope }: VerifiedUpdate,
  files: ReadonlyMap<string, string>,
  { io }: CommandContext,
): AsyncIterable<Uint8Array> | undefined {
  if (uri === undefined) return undefined;
  const inside = envelope.integratedPayloads.get(uri);
  if (inside !== undefined) return oneChunk(inside);
  const file = files.get(uri);
  return file === undefined ? undefined : fileChunks(io, file, { advance: () => undefined });
}

const sizeMissing = (component: number): Failure =>
  new Failure({
    code: "image-size-missing",
    problem: `the manifest gives no size for the image of component ${component}, so nothing bounds what is decrypted`,
    remedy: "have the vendor set the image size beside its digest",
    exit: exitCode.refused,
  });

const nowhere = (capacity: bigint): StagingSlot<void> => ({ capacity, write: async () => {}, seal: async () => {} });
