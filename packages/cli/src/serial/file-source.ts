import { createHash } from "node:crypto";
import { closeSync, readSync } from "node:fs";
import type { UploadSource } from "@sumac/smp";
import { openRegularFile } from "../bound-read.ts";
import { fileChunks } from "../file-chunks.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";

/** A file to be sent; chunks are read when they are sent. `close` when it is over. */
export interface FileSource extends UploadSource {
  close(): void;
}

export async function openFileSource(io: Io, name: string): Promise<FileSource> {
  const digest = createHash("sha256");
  for await (const chunk of fileChunks(io, name, { advance: () => undefined })) digest.update(chunk);
  const { descriptor, size } = openRegularFile(io, name);
  return {
    length: size,
    sha256: new Uint8Array(digest.digest()),
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      try {
        return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
      } catch (error) {
        throw fileFailure(error, name);
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** Bytes at hand. */
export const bytesSource = (bytes: Uint8Array): UploadSource => ({
  length: bytes.length,
  sha256: new Uint8Array(createHash("sha256").update(bytes).digest()),
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});
