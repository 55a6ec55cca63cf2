import { ok, type Result } from "@sumac/cbor";
import {
  type UploadFailure,
  type UploadOptions,
  type UploadProgress,
  type UploadSource,
  uploadChunks,
} from "./chunk-upload.ts";
import { imageCommand, smpGroup } from "./labels.ts";
import type { SmpClient } from "./smp-client.ts";

export interface ImageUploadOptions extends UploadOptions {
  /**
   * Where to: `upload_image_id` of the slot, as `chooseUploadTarget` finds it. Absent = the server's choice, which in a
   * recovery loader is the slot that runs.
   */
  readonly image?: number;
}

/** Sends a file into a slot. That it arrived says nothing about its being accepted: only the image state says that. */
export const uploadImage = (
  client: SmpClient,
  source: UploadSource,
  options: ImageUploadOptions,
): Promise<Result<UploadProgress, UploadFailure>> =>
  uploadChunks(
    client,
    source,
    {
      group: smpGroup.image,
      id: imageCommand.upload,
      first: { image: options.image, len: source.length, sha: source.sha256 },
    },
    options,
  );

export interface ResumedUpload extends UploadProgress {
  /** Bytes that the device had already; 0 = it was sent from its beginning. */
  readonly resumedAt: number;
}

/**
 * The same, going on where the device is. A recovery loader keeps no digest of what it is receiving, and an offset of 0
 * makes it erase: asked with the last byte of the file, it names the byte it expects and drops the one it got. Whose bytes it
 * has, nobody knows. If the image is not listed afterwards they were those of another file: upload it from its beginning.
 */
export async function resumeImageUpload(
  client: SmpClient,
  source: UploadSource,
  options: Omit<ImageUploadOptions, "from">,
): Promise<Result<ResumedUpload, UploadFailure>> {
  let first: UploadProgress | undefined;
  let last: UploadProgress | undefined;
  const onProgress = (progress: UploadProgress): void => {
    first ??= progress;
    last = progress;
    options.onProgress?.(progress);
  };
  const resumed = await uploadImage(client, source, { ...options, onProgress, from: source.length - 1 });
  const startedAnew = (last?.restarts ?? 0) > 0;
  // Some servers refuse a chunk that nothing came before; others have begun a longer file, or a shorter one.
  if (!resumed.ok && !startedAnew && isAboutOffset(resumed.error)) {
    const uploaded = await uploadImage(client, source, options);
    return uploaded.ok ? ok({ ...uploaded.value, resumedAt: 0 }) : uploaded;
  }
  return resumed.ok ? ok({ ...resumed.value, resumedAt: startedAnew ? 0 : (first?.done ?? 0) }) : resumed;
}

const isAboutOffset = ({ code }: UploadFailure): boolean =>
  code === "device-error" || code === "offset-beyond" || code === "upload-stuck";
